package conversation

import (
	"strings"
	"testing"

	"onionbot/bots"
	"onionbot/bots/botstest"
)

func TestSeveralServicesAreStartedAndMeantAsOne(t *testing.T) {
	w := newWorld(t, ticking(noon))
	m := w.message("1", "start site, ssh as camp for 3h\n# Hello")
	answer := w.say(m)
	for _, line := range []string{
		"camp is being published", "site: http://" + botstest.Address + "/", "ssh: torsocks ssh -p 22 onion@" + botstest.Address, "Host key: SHA256:x",
	} {
		if !strings.Contains(answer, line) {
			t.Errorf("no %q in:\n%s", line, answer)
		}
	}
	if len(w.staged.bodies) != 1 || w.staged.bodies[0] != "# Hello" {
		t.Errorf("what was sent: %q", w.staged.bodies)
	}
	for _, tt := range []struct{ say, want string }{
		{"start ssh and site as camp", "It was running already."},
		{"list", "camp (site+ssh): starting"},
		{"status camp", "ssh: torsocks ssh"},
		{"qr camp", "site: http://"},
		{"more 1h camp", "camp lives longer now"},
		{"add camp\nmore", "camp now shows what you sent"},
		{"start site+ssh", "That takes 2 places, one for each service, and 2 of your 3 are taken."},
		{"start site as blog", "blog is being published"},
		{"start ssh as camp", "camp” is running already, as a site+ssh"},
		{"stop camp", "camp is being taken down"},
	} {
		if got := w.say(w.message("1", tt.say)); !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q is not in:\n%s", tt.say, tt.want, got)
		}
	}
}

func TestWhatCannotBeStartedTogetherIsRefusedInASentence(t *testing.T) {
	w := newWorld(t, ticking(noon))
	for say, want := range map[string]string{
		"start site and ssh once":     "end by time alone",
		"start site + ssh idle 15m":   "end by time alone",
		"start site and site":         "“site” is there twice",
		"start site and secret":       "There is no service “secret”",
		"start site and ssh for 200h": "That is too long",
	} {
		if got := w.say(w.message("1", say)); !strings.Contains(got, want) {
			t.Errorf("%s: %q is not in:\n%s", say, want, got)
		}
	}
	if got := w.say(w.message("2", "start site and secret")); !strings.Contains(got, "“secret” and “site” both want port 80 of the address.") {
		t.Errorf("a clash of ports: %s", got)
	}
	picture := w.message("1", "start site and ssh as camp")
	picture.Attachments = []bots.Attachment{{Name: "me.jpg"}}
	if w.say(picture); len(w.staged.files) != 1 || len(w.instances()) != 1 {
		t.Errorf("%d files, %d instances", len(w.staged.files), len(w.instances()))
	}
}
