package command_test

import (
	"testing"

	"onionbot/bots/command"
	"onionbot/services"
)

// There may be a service called "share", and the word gives what runs to
// somebody as well: both are clear.
func TestShareIsAWordAndAService(t *testing.T) {
	for text, want := range map[string]string{
		"share":                   "start share",
		"share for 2h":            "start share for 2h",
		"start share":             "start share",
		"start share with #12":    "start share with #12",
		"share with #12":          "start share with #12",
		"share as box":            "start share as box",
		"share blog with bob":     "share blog with bob",
		"Share my blog with Bob.": "share blog with bob",
		"share share with bob":    "share share with bob",
		"share it with bob":       "share with bob",
		"unshare blog from bob":   "unshare blog with bob",
		"stop share":              "stop share",
	} {
		g := grammar(anna)
		u := *anna
		u.Services = append([]string{"share"}, anna.Services...)
		g.User, g.Services = &u, append(g.Services, &services.Definition{Name: "share"})
		c, err := g.Parse(text)
		if err != nil || c.String() != want {
			t.Errorf("%q: %q, %v; want %q", text, c.String(), err, want)
		}
	}
	if _, err := grammar(anna).Parse("share blog"); !services.IsCode(err, services.CodeUsage) {
		t.Errorf("share without a user: %v", err)
	}
	if c, err := grammar(anna).Parse("share blog with bob"); err != nil || c.Verb != command.VerbShare {
		t.Errorf("share where there is no such service: %v, %v", c, err)
	}
}
