package console

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"onionbot/bots"
	"onionbot/services"
)

// bot is a console whose commands are answered by a function, over a real
// socket.
type bot struct {
	t       *testing.T
	path    string
	spool   string
	adapter *Adapter
	answer  func(b *bot, m *bots.Message)
	keepErr error
	stop    func() // ends the console and what it has in hand

	mu   sync.Mutex
	seen []*bots.Message
	keys int
}

func newBot(t *testing.T, answer func(b *bot, m *bots.Message)) *bot {
	t.Helper()
	dir, err := os.MkdirTemp("", "con") // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	b := &bot{t: t, path: filepath.Join(dir, "sock"), spool: filepath.Join(dir, "spool"), answer: answer}
	b.adapter, err = Listen(Options{Path: b.path, Spool: b.spool, MaxFile: 1 << 20, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = b.adapter.Receive(ctx, "", b.keep) }()
	b.stop = func() { cancel(); <-done }
	t.Cleanup(b.stop)
	return b
}

func (b *bot) keep(ctx context.Context, events []services.Incoming, _ string) error {
	if b.keepErr != nil {
		return b.keepErr
	}
	for _, in := range events {
		m, err := b.adapter.Decode(ctx, in)
		if err != nil {
			b.t.Error(err)
			return err
		}
		b.mu.Lock()
		b.seen = append(b.seen, m)
		b.mu.Unlock()
		if b.answer != nil {
			b.answer(b, m)
		}
		b.adapter.Finished(in)
	}
	return nil
}

func (b *bot) send(to services.Route, kind services.Kind, instance string, r bots.Reply) {
	b.mu.Lock()
	b.keys++
	key := string(kind) + strings.Repeat("i", b.keys)
	b.mu.Unlock()
	if _, err := b.adapter.Send(context.Background(), bots.Outgoing{Key: key, To: to, Kind: kind, Instance: instance, Reply: r}); err != nil {
		b.t.Error(err)
	}
}

func say(text string) func(b *bot, m *bots.Message) {
	return func(b *bot, m *bots.Message) { b.send(m.Route, services.KindReply, "", bots.Reply{Text: text}) }
}

func (b *bot) ctl(text string, o CtlOptions) (int, string) {
	var out bytes.Buffer
	if o.Timeout == 0 {
		o.Timeout = 20 * time.Second
	}
	code := Ctl(context.Background(), b.path, strings.Fields(text), nil, &out, o)
	return code, out.String()
}

func TestCtlPrintsTheAnswer(t *testing.T) {
	b := newBot(t, say("Nothing is running."))
	if code, out := b.ctl("list", CtlOptions{}); code != ExitOK || out != "Nothing is running.\n" {
		t.Errorf("%d %q", code, out)
	}
	m := b.seen[0]
	if m.Text != "list" || m.From.Account != Account || m.Network != Network || m.ID == "" || m.SentAt.IsZero() {
		t.Errorf("message %+v", m)
	}
	var out bytes.Buffer
	if code := Ctl(context.Background(), b.path, nil, strings.NewReader("start site\n# Hi\n"), &out, CtlOptions{}); code != ExitOK {
		t.Errorf("from a pipe: %d %s", code, out.String())
	}
	if got := b.seen[1].Text; got != "start site\n# Hi\n" {
		t.Errorf("from a pipe: %q", got)
	}
}

func TestAPageFromTheInputComesAlong(t *testing.T) {
	var texts, files []string
	b := newBot(t, func(b *bot, m *bots.Message) {
		texts = append(texts, m.Text)
		for _, a := range m.Attachments {
			files = append(files, a.Name)
		}
		say("ok")(b, m)
	})
	for _, page := range []string{"# Hi\n\nthere", "<!DOCTYPE html><p>Hi", "PK\x03\x04rest of a zip", "\x89PNG\x0D\x0A\x1A\x0A…"} {
		var out bytes.Buffer
		words := []string{"start", "site"}
		if code := Ctl(context.Background(), b.path, words, strings.NewReader(page), &out, CtlOptions{File: "-"}); code != ExitOK {
			t.Errorf("%.10q: %d %s", page, code, out.String())
		}
	}
	if want := []string{"start site\n# Hi\n\nthere", "start site", "start site", "start site"}; !slices.Equal(texts, want) {
		t.Errorf("commands %q", texts)
	}
	if want := []string{"page.html", "page.zip", "page.png"}; !slices.Equal(files, want) {
		t.Errorf("files %q", files)
	}
}

func TestCtlWaitsForTheEndOfTheStory(t *testing.T) {
	b := newBot(t, func(b *bot, m *bots.Message) {
		b.send(m.Route, services.KindStarted, "i1", bots.Reply{Text: "publishing", Pending: true})
		b.send(m.Route, services.KindReminder, "i1", bots.Reply{Text: "ends soon"})
		b.send(m.Route, services.KindReachable, "i2", bots.Reply{Text: "another one"})
		b.send(m.Route, services.KindReachable, "i1", bots.Reply{Text: "reachable"})
	})
	if code, out := b.ctl("start site", CtlOptions{}); code != ExitOK || !strings.HasSuffix(out, "reachable\n") {
		t.Errorf("%d %q", code, out)
	}
}

func TestCtlHearsTheEndOfWhatAnotherSessionStarted(t *testing.T) {
	b := newBot(t, func(b *bot, m *bots.Message) {
		b.send(m.Route, services.KindStopping, "i1", bots.Reply{Text: "stopping", Pending: true})
		origin := m.Route
		origin.Chat = "a-session-that-has-gone"
		b.send(origin, services.KindGone, "i2", bots.Reply{Text: "not this one"})
		b.send(origin, services.KindGone, "i1", bots.Reply{Text: "gone, checked"})
	})
	if code, out := b.ctl("stop site", CtlOptions{}); code != ExitOK || out != "stopping\ngone, checked\n" {
		t.Errorf("%d %q", code, out)
	}
}

func TestCtlWaitsForEverythingThatOneCommandStops(t *testing.T) {
	b := newBot(t, func(b *bot, m *bots.Message) {
		b.send(m.Route, services.KindStopping, "i1", bots.Reply{Text: "stopping a", Pending: true})
		b.send(m.Route, services.KindStopping, "i2", bots.Reply{Text: "stopping b", Pending: true})
		b.send(m.Route, services.KindGone, "i1", bots.Reply{Text: "a is gone"})
		b.send(m.Route, services.KindDown, "i3", bots.Reply{Text: "another one is down", Pending: true})
		b.send(m.Route, services.KindGone, "i2", bots.Reply{Text: "b is gone"})
	})
	if code, out := b.ctl("stop a and b", CtlOptions{}); code != ExitOK || !strings.HasSuffix(out, "b is gone\n") {
		t.Errorf("%d %q", code, out)
	}
}

func TestCtlExitCodes(t *testing.T) {
	b := newBot(t, func(b *bot, m *bots.Message) {
		switch m.Text {
		case "bad":
			b.send(m.Route, services.KindReply, "", bots.Reply{Text: "no", Error: true})
		case "fail":
			b.send(m.Route, services.KindStarted, "i1", bots.Reply{Text: "publishing", Pending: true})
			b.send(m.Route, services.KindUnreachable, "i1", bots.Reply{Text: "removed", Error: true})
		}
	})
	if code, _ := b.ctl("bad", CtlOptions{}); code != ExitRefused {
		t.Errorf("refused: %d", code)
	}
	if code, _ := b.ctl("fail", CtlOptions{}); code != ExitRefused {
		t.Errorf("failed later: %d", code)
	}
	if code, out := b.ctl("silence", CtlOptions{Timeout: 100 * time.Millisecond}); code != ExitTimeout || !strings.Contains(out, "No final answer") {
		t.Errorf("timeout: %d %q", code, out)
	}
	b.keepErr = errors.New("disk full")
	if code, out := b.ctl("list", CtlOptions{}); code != ExitRefused || !strings.Contains(out, "could not store") {
		t.Errorf("not stored: %d %q", code, out)
	}
	_ = b.adapter.Close()
	if code, out := b.ctl("list", CtlOptions{}); code != ExitNoBot || !strings.Contains(out, "onionbot run") {
		t.Errorf("no bot: %d %q", code, out)
	}
}

func TestFilesComeAlongAndAreErased(t *testing.T) {
	content := bytes.Repeat([]byte("line\n{}\x00"), 10_000)
	var got []byte
	b := newBot(t, func(b *bot, m *bots.Message) {
		for _, a := range m.Attachments {
			r, err := a.Open(context.Background())
			if err != nil {
				b.t.Error(err)
				continue
			}
			got, _ = io.ReadAll(r)
			_ = r.Close()
			entries, _ := os.ReadDir(b.spool)
			if info, err := entries[0].Info(); err != nil || info.Mode().Perm() != 0o600 {
				b.t.Errorf("spooled file: %v %v", info.Mode(), err)
			}
		}
		say("ok")(b, m)
	})
	file := filepath.Join(t.TempDir(), "page.zip")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := b.ctl("start site", CtlOptions{File: file}); code != ExitOK || !bytes.Equal(got, content) {
		t.Errorf("%d %q, %d bytes", code, out, len(got))
	}
	if a := b.seen[0].Attachments[0]; a.Name != "page.zip" || a.Size != int64(len(content)) {
		t.Errorf("attachment %+v", a)
	}
	if err := os.WriteFile(file, make([]byte, 1<<20+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := b.ctl("start site", CtlOptions{File: file}); code != ExitRefused || !strings.Contains(out, "too big") {
		t.Errorf("too big: %d %q", code, out)
	}
	if code, _ := b.ctl("start site", CtlOptions{File: "/nowhere"}); code != ExitRefused {
		t.Errorf("no such file: %d", code)
	}
	b.stop() // an answer may come before its command is finished with
	if entries, _ := os.ReadDir(b.spool); len(entries) != 0 {
		t.Errorf("%d files were left behind", len(entries))
	}
}
