package conversation

import (
	"strings"
	"testing"

	"onionbot/bots/botstest"
)

func TestSharedWithAMemberAndAGuest(t *testing.T) {
	w := newWorld(t, ticking(noon))
	w.letIn("bob", "7", "invite bob services site max 1")
	w.letIn("gus", "8", "invite gus as guest")
	w.say(w.message("1", "start site as blog"))
	for _, step := range []struct{ from, text, want string }{
		{"7", "status blog", "Nothing is running"},
		{"8", "list", "Nothing is running"},
		{"8", "start site", "There is no service"},
		{"7", "share blog with bob", "Nothing is running"},
		{"1", "share blog with nobody", "There is nobody called"},
		{"1", "share nothing with bob", "Nothing called"},
		{"1", "share blog", "share <name> with <user>"},
		{"1", "share blog with bob", "anna shares blog with you"},
		{"1", "share my blog with gus", "gus sees blog from now on, and can look at it and keep it longer."},
		{"7", "list", "blog of anna"},
		{"7", "list", botstest.Address},
		{"7", "status blog", "http://" + botstest.Address},
		{"8", "more 1h blog", "lives longer now"},
		{"8", "more 1h", "lives longer now"},
		{"8", "stop blog", "somebody else's"},
		{"8", "share blog with bob", "somebody else's"},
		{"8", "clear blog", "somebody else's"},
		{"7", "clear blog", "somebody else's"},
		{"7", "unshare blog with gus", "somebody else's"},
		{"1", "unshare blog with gus", "gus does not see blog any more"},
		{"8", "status blog", "Nothing is running"},
		{"7", "stop blog", "taken down"},
	} {
		if got := w.say(w.message(step.from, step.text)); !strings.Contains(got, step.want) {
			t.Errorf("%s: %q: %q, want %q", step.from, step.text, got, step.want)
		}
	}
	if w.alive() != 0 {
		t.Error("it still lives")
	}
}
