package e2e

import (
	"path/filepath"
	"regexp"
	"testing"
)

// TestExamplesWorkWithTheirOwnClients starts each service of examples/services
// as an operator would have it, and uses it through Tor with the program that
// its users have.
func TestExamplesWorkWithTheirOwnClients(t *testing.T) {
	c := newClients(t)
	dir, err := filepath.Abs("../examples/services")
	if err != nil {
		t.Fatal(err)
	}
	b := newBot(t, twoUsers)
	b.write("config.toml", "services_dir = \""+dir+"\"\n"+b.read("config.toml"))
	b.start()
	for name, story := range map[string]struct {
		secret *regexp.Regexp // in what the owner reads; nil for none
		wanted []string
	}{
		"irc": {nil, []string{"ann> hello from ben", "ben> hello from ann", "strangers see ben at onion"}},
		"mqtt": {regexp.MustCompile(`password ([a-z2-7]{26})`), []string{
			"got: 21 degrees", "without the password: refused", "about the broker: nothing",
		}},
		"wiki": {regexp.MustCompile(`password ([a-z2-7]{26})`), []string{
			"a stranger reads: nothing", "the owner is in", "page: what we agreed on", "a member reads: what we agreed on",
		}},
		"git": {regexp.MustCompile(`onion:([a-z2-7]{26})@`), []string{
			"cloned: a file of ours", "without the password: refused", "page: project.git", "page: first commit",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			out := b.awaitStart(name, "for", "1h")
			onion, secret := address(t, out), ""
			if story.secret != nil {
				found := story.secret.FindStringSubmatch(out)
				if found == nil {
					t.Fatalf("no password in: %s", out)
				}
				secret = found[1]
			}
			(&clients{t: t, flags: c.flags}).must(story.wanted, "./"+name+` "$1" "$2"`, onion, secret)
			b.ctl("stop", name)
		})
	}
	b.wantNothingLeft()
}
