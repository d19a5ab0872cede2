package conversation

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"onionbot/services"
)

var answerLetters = regexp.MustCompile(`Answer ([a-z]{2}) `)

// lettersIn are those that confirm a question; "" if there is none.
func lettersIn(text string) string {
	if m := answerLetters.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// settable is a clock that stands still until it is set.
type settable struct{ at time.Time }

func (s *settable) Now() time.Time { return s.at }

func (w *world) alive() (n int) {
	for _, i := range w.instances() {
		if i.Live() {
			n++
		}
	}
	return n
}

func TestWhatCannotBeUndoneIsConfirmed(t *testing.T) {
	clock := &settable{at: noon}
	w := newWorld(t, clock)
	for _, line := range []string{"start site", "start site as b", "start site as blog"} {
		w.say(w.message("2", line))
	}
	letters := lettersIn(w.say(w.message("2", "stop all")))
	if letters == "" || w.alive() != 3 {
		t.Fatalf("%d live after stop all, letters %q", w.alive(), letters)
	}
	elsewhere := w.message("2", letters)
	elsewhere.Route.Chat = "another chat"
	w.say(elsewhere)
	w.say(w.message("1", letters))
	if w.alive() != 3 {
		t.Fatal("somebody else, or another chat, has answered the question")
	}
	if got := w.say(w.message("2", strings.ToUpper(letters)+" ")); w.alive() != 0 {
		t.Errorf("%d live after the answer %q", w.alive(), got)
	}
	w.say(w.message("2", "start site"))
	if w.say(w.message("2", letters)); w.alive() != 1 {
		t.Error("an answer counted twice")
	}
}

func TestAnswersComeTooLate(t *testing.T) {
	clock := &settable{at: noon}
	w := newWorld(t, clock)
	w.say(w.message("1", "start site"))
	letters := lettersIn(w.say(w.message("2", "stop site")))
	clock.at = noon.Add(2*time.Minute + time.Second)
	if got := w.say(w.message("2", letters)); !strings.Contains(got, "nothing was done") || w.alive() != 1 {
		t.Errorf("after two minutes: %q, %d live", got, w.alive())
	}
}

func TestAnAnswerMeansWhatWasAskedAbout(t *testing.T) {
	clock := &settable{at: noon}
	w := newWorld(t, clock)
	w.say(w.message("1", "start site"))
	letters := lettersIn(w.say(w.message("2", "stop site")))
	clock.at = noon.Add(time.Second)
	w.say(w.message("1", "stop"))
	w.say(w.message("1", "start site"))
	if w.say(w.message("2", letters)); w.alive() != 1 {
		t.Error("the answer ended what was started after the question")
	}
}

func TestFewServicesAndTheConsoleAreNotAskedAbout(t *testing.T) {
	w := newWorld(t, ticking(noon))
	w.say(w.message("1", "start site"))
	w.say(w.message("1", "start ssh"))
	if w.say(w.message("1", "stop all")); w.alive() != 0 {
		t.Error("two services were asked about")
	}
	w.say(w.message("1", "start site"))
	m := w.message("2", "stop site")
	m.From.Local = true
	if w.say(m); w.alive() != 0 {
		t.Error("a command at the machine waits for an answer")
	}
}

// A user of the store who runs one service, with the operator's answer to
// "remove".
func TestRemovedPeoplesServicesEndOrAreTakenOver(t *testing.T) {
	for answer, owner := range map[int]string{0: "", 1: "operator"} {
		w := newWorld(t, ticking(noon))
		w.letIn("ana", "7", "invite ana services site max 2")
		w.say(w.message("7", "start site"))
		question := w.say(w.message("2", "remove ana"))
		if !strings.Contains(question, "ana runs 1 service: site.") {
			t.Fatalf("asked %q", question)
		}
		choices := regexp.MustCompile(`\b([a-z]{2}) (?:within|to)\b`).FindAllStringSubmatch(question, -1)
		w.say(w.message("2", choices[answer][1]))
		if got := w.say(w.message("7", "list")); got != "" {
			t.Errorf("a removed user is answered %q", got)
		}
		live, is := w.alive(), ""
		for _, i := range w.instances() {
			if i.Live() {
				is = i.Owner
			}
		}
		if is != owner || live != len(owner)/len("operator") {
			t.Errorf("answer %d: %d live, owned by %q", answer, live, is)
		}
	}
}

// letIn invites somebody and has their account send the code.
func (w *world) letIn(name, account, invitation string) {
	w.t.Helper()
	codes := services.FindCodes(w.say(w.message("2", invitation)))
	if len(codes) == 0 {
		w.t.Fatalf("no code for %s", name)
	}
	if got := w.say(w.message(account, codes[0])); !strings.Contains(got, "You are in, as "+name) {
		w.t.Fatalf("%s reads %q", name, got)
	}
}
