package conversation

import (
	"errors"
	"strings"
	"testing"
	"time"

	"onionbot/bots"
	"onionbot/bots/botstest"
	"onionbot/services"
)

func TestConversation(t *testing.T) {
	w, letters := newWorld(t, ticking(noon)), ""
	for _, step := range []struct{ from, text, want string }{
		{"1", "/start", "Hello."},
		{"1", "list", "Nothing is running."},
		{"1", "stop", "Nothing is running."},
		{"1", "stop site", "Nothing is running."},
		{"1", "strat site", `Did you mean "start"?`},
		{"1", "start siet", `Did you mean "site"?`},
		{"1", "start secret", "There is no service “secret”. Type"},
		{"1", "start sekret", "There is no service “sekret”. Type"},
		{"1", "start site for 0m", "I can't read “0m” as a time."},
		{"1", "start site for 5s", "at least 1 min"},
		{"1", "start site for 300h", "7 days is the most"},
		{"1", "start site as ../x", "can't be a name"},
		{"1", "start site for 2h", "http://" + botstest.Address + "/"},
		{"1", "start site for 2h", "http://" + botstest.Address + "/"},
		{"1", "START  “site” please!", "http://" + botstest.Address + "/"},
		{"1", "status", "Until 14:00 UTC, 2 h from now."},
		{"1", "stop siet", `Did you mean "site"?`},
		{"1", "more 1h", "lives longer now, by 1 h."},
		{"1", "more site 30 min", "lives longer now, by 30 min."},
		{"1", "more 1000h site", "7 days is the most for you here, counted from the start. You can add up to 6 days 20 h."},
		{"1", "qr", "The address of site:"},
		{"1", "start ssh as box", "Host key: SHA256:x"},
		{"1", "stop", "Which one: site, box?"},
		{"1", "status", "box (ssh): starting"},
		{"1", "start ssh as site", "is running already, as a site"},
		{"1", "start site as third", "being published"},
		{"1", "start site as fourth", "as many running as you may (3)"},
		{"1", "audit", "I don't know “audit”."},
		{"2", "audit", "too-many"},
		{"2", "list", "box of anna"},
		{"2", "stop box", "That ends 1 service: box of anna."},
		{"2", "yes", "Its owner is told"},
		{"1", "stop all", "is being taken down"},
		{"1", "more 2h site", "is ending already"},
		{"1", "status #nothing", "has ended already"},
		{"1", "", "That was an empty message."},
		{"1", strings.Repeat("noise ", 1700), "at most 1000 characters"},
		{"1", "@victim@example.org \u202e<b>", "I don't know “victimexample.org”."},
	} {
		if step.text == "yes" {
			step.text = letters
		}
		got := w.say(w.message(step.from, step.text))
		letters = lettersIn(got)
		if !strings.Contains(got, step.want) {
			t.Errorf("%.40q: got %q, want %q in it", step.text, got, step.want)
		}
		if strings.ContainsAny(got, "@\u202e") && !strings.Contains(got, "onion@") {
			t.Errorf("%.40q: the answer repeats what it must not: %q", step.text, got)
		}
	}
	if n := len(w.instances()); n != 3 {
		t.Errorf("%d instances, want 3", n)
	}
}

func TestStrangersGetSilence(t *testing.T) {
	w := newWorld(t, ticking(noon))
	for _, text := range []string{"start site", "help", "secret", strings.Repeat("x", 100_000), "\x00"} {
		m := w.message("6666666666", text)
		m.From.Handle = "anna"
		if got := w.say(m); got != "" {
			t.Errorf("%.20q was answered: %q", text, got)
		}
	}
	m := w.message("", "start site") // an account that nobody has
	if got := w.say(m); got != "" {
		t.Errorf("answered %q", got)
	}
	entries := w.audit() // however much they send, each is one line an hour
	if len(entries) != 2 || len(w.instances()) != 0 {
		t.Fatalf("%d audit entries, %d instances", len(entries), len(w.instances()))
	}
	for _, e := range entries {
		if e.Outcome != "stranger" || e.Owner != "" || len(e.Account) != 24 || strings.Contains(e.Account, "6666666666") {
			t.Errorf("entry %+v", e)
		}
	}
	if entries[1].Count != 5 || entries[0].Count != 1 || entries[0].Account == entries[1].Account {
		t.Errorf("strangers are not counted apart: %+v", entries)
	}
	err := w.store.View(t.Context(), func(tx services.Tx) error {
		handled, err := tx.Handled(m.Network, m.ID)
		if handled {
			t.Error("the id of a stranger's message is kept")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAMessageIsHandledOnce(t *testing.T) {
	w := newWorld(t, ticking(noon))
	m := w.message("1", "list")
	if w.say(m) == "" {
		t.Fatal("no answer")
	}
	if got := w.say(m); got != "" || len(w.audit()) != 1 {
		t.Errorf("again: %q, %d audit entries", got, len(w.audit()))
	}
}

func TestWhatIsNotExecuted(t *testing.T) {
	w := newWorld(t, ticking(noon))
	public := w.message("1", "start site")
	public.Public = true
	old := w.message("1", "start site")
	old.SentAt = noon.Add(-11 * time.Minute)
	voice := w.message("1", "")
	voice.Unsupported = "voice message"
	file := w.message("1", " ")
	file.Attachments = []bots.Attachment{{Name: "a.zip"}}
	toSSH := w.message("1", "start ssh")
	toSSH.Attachments = []bots.Attachment{{Name: "a.zip"}}
	for _, c := range []struct {
		m    *bots.Message
		want string
	}{
		{public, "Others can read that"},
		{old, "waited too long"},
		{voice, "listen to a voice message"},
		{file, "What should I do with the file?"},
		{toSSH, "“ssh” takes no files"},
	} {
		if got := w.say(c.m); !strings.Contains(got, c.want) {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	if n := len(w.instances()); n != 0 {
		t.Errorf("%d instances", n)
	}
}

func TestFilesGoWithStart(t *testing.T) {
	w := newWorld(t, ticking(noon))
	m := w.message("1", "start site\n# My page")
	m.Attachments = []bots.Attachment{{Name: "a.png"}}
	w.say(m)
	if len(w.staged.files) != 1 || w.staged.bodies[0] != "# My page" {
		t.Errorf("staged %q %q", w.staged.files, w.staged.bodies)
	}
	if i := w.instances(); len(i) != 1 || i[0].Content != 1 {
		t.Errorf("instances %+v", i)
	}
	if got := w.say(w.message("1", "start site\nnew text")); !strings.Contains(got, "now shows what you sent") {
		t.Errorf("got %q", got)
	}
	if len(w.staged.discarded) != 0 {
		t.Errorf("content that is shown was given back")
	}
	w.say(w.message("1", "start site as x for 1000h\ntext"))
	if len(w.staged.discarded) != 1 {
		t.Errorf("content of a refused start was kept")
	}
	w.staged.err = services.E(services.CodeBadContent, "reason", "bomb")
	if got := w.say(w.message("1", "start site\ntext")); !strings.Contains(got, "unpacks to far more") {
		t.Errorf("got %q", got)
	}
	w.say(w.message("1", "start ssh\nbye"))
	if len(w.staged.bodies) != 3 {
		t.Errorf("a body was staged for a service that takes none")
	}
}

func TestAStoreThatFailsLeavesTheMessageUnhandled(t *testing.T) {
	w := newWorld(t, ticking(noon))
	broken := true
	w.store.Fail = func(op string) error {
		if broken && op == "Commit" {
			return errors.New("disk full")
		}
		return nil
	}
	m := w.message("1", "start site")
	if err := w.router.Handle(t.Context(), m); err == nil {
		t.Fatal("no error")
	}
	broken = false
	if got := w.say(m); !strings.Contains(got, botstest.Address) {
		t.Errorf("got %q", got)
	}
}

func TestDefaultDeny(t *testing.T) {
	a := NewAccess()
	if a.Lookup("test", "1") != nil || a.Lookup("", "") != nil {
		t.Error("a stranger is known")
	}
	if err := a.Add(anna, Account{"test", "1"}, Account{"other", "1"}); err != nil {
		t.Fatal(err)
	}
	if a.Lookup("test", "1") != anna || a.Lookup("test", "2") != nil || a.Lookup("third", "1") != nil {
		t.Error("the wrong person")
	}
	if err := a.Add(operator, Account{"test", "1"}); !services.IsCode(err, services.CodeBadConfig) {
		t.Errorf("one account for two: %v", err)
	}
	if err := a.Add(operator, Account{"test", ""}); !services.IsCode(err, services.CodeBadConfig) {
		t.Errorf("an empty account: %v", err)
	}
}
