package conversation

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"onionbot/services"
)

func (w *world) code(account, line string) string {
	w.t.Helper()
	got := w.say(w.message(account, line))
	codes := services.FindCodes(got)
	if len(codes) == 0 {
		w.t.Fatalf("%q: no code in %q", line, got)
	}
	return codes[0]
}

func TestACodeLetsAFriendInOnce(t *testing.T) {
	w := newWorld(t, ticking(noon))
	code := w.code("2", "invite ana for 2h services site max 1 life 12h")
	if got := w.say(w.message("7", "hello there")); got != "" {
		t.Errorf("a stranger reads %q", got)
	}
	got := w.say(w.message("7", "Hi, my code is "+strings.ToUpper(code)+"."))
	if !strings.Contains(got, "You are in, as ana. You may start site; 1 at once; 12 h each at most.") || !strings.Contains(got, "ana is in") {
		t.Fatalf("with the code: %q", got)
	}
	if got := w.say(w.message("8", code)); got != "" {
		t.Errorf("a code that was used up lets somebody read %q", got)
	}
	for _, step := range []struct{ line, want string }{
		{"start site for 13h", "12 h is the most"},
		{"start ssh", "There is no service"},
		{"start site", "being published"},
		{"start site as two", "as many running as you may (1)"},
		{"invite bob", "I don't know"},
		{"audit", "I don't know"},
		{"whoami", "You are ana, a member."},
	} {
		if got := w.say(w.message("7", step.line)); !strings.Contains(got, step.want) {
			t.Errorf("ana's %q: %q", step.line, got)
		}
	}
}

func TestCodesEndByTimeAndByWord(t *testing.T) {
	clock := &settable{at: noon}
	w := newWorld(t, clock)
	late := w.code("2", "invite ana for 1h")
	clock.at = noon.Add(time.Hour)
	if got := w.say(w.message("7", late)); got != "" {
		t.Errorf("an expired code: %q", got)
	}
	cancelled := w.code("2", "invite ana")
	if got := w.say(w.message("2", "invites")); !strings.Contains(got, "ana: until") || strings.Contains(got, cancelled) {
		t.Errorf("invites: %q", got)
	}
	w.say(w.message("2", "invite cancel ana"))
	if got := w.say(w.message("7", cancelled)); got != "" {
		t.Errorf("a cancelled code: %q", got)
	}
	first, second := w.code("2", "invite ana"), w.code("2", "invite ana")
	if got := w.say(w.message("7", first)); got != "" {
		t.Errorf("a code that was replaced: %q", got)
	}
	if got := w.say(w.message("7", "/start "+second)); !strings.Contains(got, "You are in") {
		t.Errorf("as Telegram sends it: %q", got)
	}
}

func TestACodeInPublicIsBurntAndTold(t *testing.T) {
	for account, answer := range map[string]string{"7": "", "1": "Others can read that"} {
		w := newWorld(t, ticking(noon))
		code := w.code("2", "invite ana")
		posted := w.message(account, "look: "+code)
		posted.Public, posted.From.Handle = true, "eve@elsewhere.example"
		got := w.say(posted)
		if !strings.Contains(got, "eveelsewhere.example has posted a code for ana") || !strings.Contains(got, answer) {
			t.Errorf("account %s: %q", account, got)
		}
		if got := w.say(w.message("8", code)); got != "" {
			t.Errorf("the burnt code: %q", got)
		}
	}
}

func TestUsersKeepWhoTheyAre(t *testing.T) {
	w := newWorld(t, ticking(noon))
	code := w.code("2", "invite ana")
	if got := w.say(w.message("1", code)); !strings.Contains(got, "You are known here already, as anna") {
		t.Errorf("a user with another's code: %q", got)
	}
	if got := w.say(w.message("7", code)); !strings.Contains(got, "You are in") {
		t.Errorf("whom it was made for: %q", got)
	}
	for _, line := range []string{"invite ana", "invite ANNA", "invite all", "invite for 2h"} {
		if got := w.say(w.message("2", line)); len(services.FindCodes(got)) > 0 {
			t.Errorf("%q makes a code: %q", line, got)
		}
	}
}

func TestAnotherAccountOfTheSameUser(t *testing.T) {
	w := newWorld(t, ticking(noon))
	w.say(w.message("1", "start site"))
	code := w.code("1", "link")
	if got := w.say(w.message("1", code)); !strings.Contains(got, "This account is anna already") {
		t.Errorf("from the same account: %q", got)
	}
	if got := w.say(w.message("7", "link "+code)); !strings.Contains(got, "This account is anna as well now") {
		t.Errorf("from the other account: %q", got)
	}
	if got := w.say(w.message("7", "list")); !strings.Contains(got, "site: starting") {
		t.Errorf("the other account's list: %q", got)
	}
	if got := w.say(w.message("8", code)); got != "" {
		t.Errorf("a link code counts twice: %q", got)
	}
}

func TestChangesCountAtOnce(t *testing.T) {
	w := newWorld(t, ticking(noon))
	w.letIn("ana", "7", "invite ana services site max 1")
	w.say(w.message("2", "limit ana max 2 services site,ssh life 3h"))
	w.say(w.message("7", "start site"))
	if got := w.say(w.message("7", "start site as two")); !strings.Contains(got, "being published") {
		t.Errorf("after the limit: %q", got)
	}
	if got := w.say(w.message("2", "block ana")); !strings.Contains(got, "2 services of theirs go on to the end") {
		t.Errorf("block: %q", got)
	}
	if got := w.say(w.message("7", "stop")); got != "" || w.alive() != 2 {
		t.Errorf("a blocked user: %q", got)
	}
	w.say(w.message("2", "unblock ana"))
	if got := w.say(w.message("7", "list")); !strings.Contains(got, "two") {
		t.Errorf("after unblock: %q", got)
	}
	for line, want := range map[string]string{
		"limit anna max 2": "stands in the configuration", "block bob": "nobody called “bob”", "limit ana": "needs a bit more", "user ana": "2 of 2 running",
		"users": "ana: a member, 2 running", "limit ana services sit": `Did you mean "site"?`, "limit ana max -1": "I don't understand “-1”",
	} {
		if got := w.say(w.message("2", line)); !strings.Contains(got, want) {
			t.Errorf("%q: %q", line, got)
		}
	}
	var said []string
	for _, e := range w.audit() {
		if e.Action == "limit" && e.Outcome == "ok" {
			said = append(said, e.Detail)
		}
	}
	if len(said) != 1 || said[0] != "ana services site,ssh max 2 life 3h" {
		t.Errorf("the audit says %q", said)
	}
}

// A user was looked up, and is removed before what they ask for is done.
func TestWhoWasRemovedMeanwhileGetsSilence(t *testing.T) {
	w := newWorld(t, ticking(noon))
	w.letIn("ana", "7", "invite ana")
	was := w.access.Lookup("test", "7")
	err := w.store.Update(t.Context(), func(tx services.Tx) error { return tx.RemovePerson("ana") })
	if err != nil {
		t.Fatal(err)
	}
	if w.access.Lookup("test", "7") != was {
		t.Fatal("the test is blind: the directory knew at once")
	}
	if got := w.say(w.message("7", "start site")); got != "" || w.alive() != 0 {
		t.Errorf("%q, %d live", got, w.alive())
	}
}

func TestGuessesAreFewForEachAndForAll(t *testing.T) {
	var g guesses
	tries := func(sender string, n int, at time.Time) (allowed int) {
		for range n {
			if g.allow(sender, at) {
				allowed++
			}
		}
		return allowed
	}
	if got := tries("eve", 1000, noon); got != guessBurst {
		t.Errorf("one stranger tried %d codes", got)
	}
	if got := tries("ana", 1, noon); got != 1 {
		t.Error("one stranger has locked another out")
	}
	if got := tries("eve", 10, noon.Add(guessEvery)); got != 1 {
		t.Errorf("after a minute: %d", got)
	}
	all := 0
	for i := range 5000 {
		all += tries(fmt.Sprint(i), 1, noon.Add(guessEvery))
	}
	if all > crowdBurst {
		t.Errorf("a crowd tried %d codes", all)
	}
	if got := tries("ana", 1, noon.Add(guessEvery+time.Second)); got != 1 {
		t.Error("a second later nobody can try")
	}
}
