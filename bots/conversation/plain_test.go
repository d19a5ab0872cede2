package conversation

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"onionbot/bots"
	"onionbot/services"
)

// live are the names of what is meant to run.
func (w *world) live() string {
	var names []string
	for _, i := range w.instances() {
		if i.Live() {
			names = append(names, i.Name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// offered are the commands of the buttons under the last reply.
func (w *world) offered() (commands []string) {
	w.t.Helper()
	all := w.pending()
	for _, n := range slices.Backward(all) {
		if n.Kind != services.KindReply {
			continue
		}
		r, err := w.router.o.Replies.Render(n, nil, nil, w.clock.Now())
		if err != nil {
			w.t.Fatal(err)
		}
		for _, row := range r.Buttons {
			for _, b := range row {
				commands = append(commands, b.Command)
			}
		}
		return commands
	}
	return nil
}

func TestSeveralAreStoppedByOneMessage(t *testing.T) {
	w := newWorld(t, ticking(noon))
	for _, name := range []string{"a", "b", "c"} {
		w.say(w.message("1", "start site as x"+name))
	}
	if got := w.say(w.message("1", "stop xa and xb now")); strings.Count(got, "is being taken down") != 2 || w.live() != "xc" {
		t.Errorf("%q; %q is left", got, w.live())
	}
	if got := w.say(w.message("1", "stop xc and nothing")); !strings.Contains(got, "Nothing called") || w.live() != "xc" {
		t.Errorf("half a stop was done: %q; %q is left", got, w.live())
	}
}

func TestStopAllOfAServiceLeavesTheOthers(t *testing.T) {
	w := newWorld(t, ticking(noon))
	for _, text := range []string{"start site", "start site as blog", "start ssh"} {
		w.say(w.message("1", text))
	}
	if w.say(w.message("1", "stop all sites")); w.live() != "ssh" {
		t.Errorf("%q is left", w.live())
	}
	if w.say(w.message("1", "take everything down please")); w.live() != "" {
		t.Errorf("%q is left", w.live())
	}
}

func TestAnUnclearStopOffersOneButtonForEach(t *testing.T) {
	w := newWorld(t, ticking(noon))
	w.say(w.message("1", "start site"))
	w.say(w.message("1", "start ssh"))
	w.say(w.message("2", "start site as theirs"))
	var want []string
	for _, i := range w.instances()[:2] {
		want = append(want, "stop #"+i.ID)
	}
	want = append(want, "stop all")
	for _, text := range []string{"stop", "stop the shop", "stop all foo", "end sitee"} {
		got := w.say(w.message("1", text))
		if offered := w.offered(); !slices.Equal(offered, want) {
			t.Errorf("%q: %q offers %q, want %q", text, got, offered, want)
		}
	}
	if w.live() != "site ssh theirs" {
		t.Errorf("%q is left", w.live())
	}
	w.say(w.message("1", want[0]))
	if w.live() != "ssh theirs" {
		t.Errorf("a button left %q", w.live())
	}
}

func TestMoreUntilATime(t *testing.T) {
	w := newWorld(t, ticking(noon))
	w.say(w.message("1", "start site for 2h"))
	if got := w.say(w.message("1", "more until 18:00")); !strings.Contains(got, "Until 18:00 UTC") {
		t.Errorf("%q", got)
	}
	if got := w.say(w.message("1", "more until 17:00")); !strings.Contains(got, "It lives until 18:00 anyway") {
		t.Errorf("%q", got)
	}
	if i := w.instances()[0]; i.ExpiresAt.Sub(noon).Round(time.Minute) != 6*time.Hour {
		t.Errorf("it lives %s", i.ExpiresAt.Sub(noon))
	}
}

func TestAnotherOneGetsAFreeName(t *testing.T) {
	w := newWorld(t, ticking(noon))
	w.say(w.message("2", "start another site"))
	w.say(w.message("2", "another site"))
	w.say(w.message("2", "start a new site for 1h"))
	if w.live() != "site site2 site3" {
		t.Errorf("%q", w.live())
	}
}

func TestKindWordsAndHelpGetAnAnswerThatHelps(t *testing.T) {
	w := newWorld(t, ticking(noon))
	for text, want := range map[string]string{
		"thanks": "You're welcome", "👍": "You're welcome", "ok great": "You're welcome", "hello there": "Hello.",
		"what is running?": "Nothing is running", "help all": "qr [<name>]",
	} {
		if got := w.say(w.message("1", text)); !strings.Contains(got, want) {
			t.Errorf("%q: %q", text, got)
		}
	}
	got := w.say(w.message("1", "help"))
	if lines := strings.Count(got, "\n") + 1; lines > 4 || !slices.Equal(w.offered(), []string{"start site", "list", "help all"}) {
		t.Errorf("help has %d lines and offers %q:\n%s", lines, w.offered(), got)
	}
	for _, m := range []*bots.Message{w.message("1", "start site"), w.message("1", "thanks!")} {
		got = w.say(m)
	}
	if !strings.Contains(got, fmt.Sprintf("%q", "stop")) {
		t.Errorf("thanks with something running: %q", got)
	}
}
