package console

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
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

// prompt is a chat client in the background.
type promptClient struct {
	in   io.WriteCloser
	out  *lines
	code chan int
}

// lines collects output and waits for words in it.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
	got chan struct{}
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.got <- struct{}{}:
	default:
	}
	return l.buf.Write(p)
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *lines) await(t *testing.T, word string) {
	t.Helper()
	limit := time.After(10 * time.Second)
	for !strings.Contains(l.text(), word) {
		select {
		case <-l.got:
		case <-limit:
			t.Fatalf("no %q in %q", word, l.text())
		}
	}
}

func chat(t *testing.T, b *bot) *promptClient {
	r, w := io.Pipe()
	p := &promptClient{in: w, out: &lines{got: make(chan struct{}, 1)}, code: make(chan int, 1)}
	go func() { p.code <- Chat(context.Background(), b.path, r, p.out) }()
	t.Cleanup(func() { _ = w.Close() })
	return p
}

func (p *promptClient) say(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(p.in, text+"\n"); err != nil {
		t.Fatal(err)
	}
}

func TestTwoClientsSeeTheirOwnRepliesAndEverybodysNews(t *testing.T) {
	b := newBot(t, func(b *bot, m *bots.Message) { say("echo "+m.Text)(b, m) })
	one, two := chat(t, b), chat(t, b)
	one.say(t, "first")
	one.out.await(t, "echo first")
	two.say(t, "second")
	two.out.await(t, "echo second")
	b.send(services.Route{Network: Network, Account: Account, Chat: "gone"}, services.KindReminder, "i1", bots.Reply{Text: "site ends soon"})
	one.out.await(t, "site ends soon")
	two.out.await(t, "site ends soon")
	if strings.Contains(one.out.text(), "second") || strings.Contains(two.out.text(), "first") {
		t.Errorf("one: %q two: %q", one.out.text(), two.out.text())
	}
	one.say(t, "quit")
	_ = two.in.Close()
	if a, b := <-one.code, <-two.code; a != ExitOK || b != ExitOK {
		t.Errorf("exit codes %d %d", a, b)
	}
}

func TestAScriptWaitsForEachAnswer(t *testing.T) {
	b := newBot(t, func(b *bot, m *bots.Message) {
		if !strings.HasPrefix(m.Text, "start") {
			say("answer to "+m.Text)(b, m)
			return
		}
		b.send(m.Route, services.KindStarted, "i1", bots.Reply{Text: "publishing", Pending: true})
		go b.send(m.Route, services.KindReachable, "i1", bots.Reply{Text: "reachable"})
	})
	var out bytes.Buffer
	if code := Chat(context.Background(), b.path, strings.NewReader("start site\n\nlist\n"), &out); code != ExitOK {
		t.Errorf("code %d", code)
	}
	if got := out.String(); got != "publishing\nreachable\nanswer to list\n" {
		t.Errorf("got %q", got)
	}
}

func TestTheEndOfTheBotIsSaid(t *testing.T) {
	b := newBot(t, nil)
	p := chat(t, b)
	p.say(t, "list")
	for limit := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		b.mu.Lock()
		n := len(b.seen)
		b.mu.Unlock()
		if n > 0 || time.Now().After(limit) {
			break
		}
	}
	_ = b.adapter.Close()
	if code := <-p.code; code != ExitNoBot || !strings.Contains(p.out.text(), "not lost") {
		t.Errorf("%d %q", code, p.out.text())
	}
}

func TestARepeatedReplyIsShownOnce(t *testing.T) {
	b := newBot(t, func(b *bot, m *bots.Message) {
		out := bots.Outgoing{Key: "k", To: m.Route, Kind: services.KindReply, Reply: bots.Reply{Text: "once", Pending: true}}
		for range 3 {
			_, _ = b.adapter.Send(context.Background(), out)
		}
		say("end")(b, m)
	})
	p := chat(t, b)
	p.say(t, "x")
	p.out.await(t, "end")
	if n := strings.Count(p.out.text(), "once"); n != 1 {
		t.Errorf("shown %d times", n)
	}
}

func TestNobodyConnectedIsNoFailure(t *testing.T) {
	b := newBot(t, nil)
	b.send(services.Route{Network: Network, Chat: "gone"}, services.KindGone, "i1", bots.Reply{Text: "gone"})
}

func TestTheSocketIsPrivate(t *testing.T) {
	b := newBot(t, nil)
	info, err := os.Stat(b.path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	entries, _ := os.ReadDir(filepath.Dir(b.path))
	if len(entries) != 2 { // the socket and the spool
		t.Errorf("%d entries beside the socket", len(entries))
	}
	if _, err := Listen(Options{Path: b.path, Spool: b.spool}); !services.IsCode(err, services.CodeLocked) {
		t.Errorf("a second bot: %v", err)
	}
	if _, err := Listen(Options{Path: "/tmp/" + strings.Repeat("x", 120), Spool: b.spool}); !services.IsCode(err, services.CodePathTooLong) {
		t.Errorf("a long path: %v", err)
	}
}

func TestASocketThatWasLeftBehindIsReplaced(t *testing.T) {
	dir, err := os.MkdirTemp("", "con")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "sock")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	_ = l.Close() // as after a kill
	a, err := Listen(Options{Path: path, Spool: filepath.Join(dir, "spool")})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
}

// TestFilesWithoutACommandAreErasedAtTheStart is what a kill leaves: a file of
// a command that was stored, one of a command that never came, and one of a
// command that has been handled.
func TestFilesWithoutACommandAreErasedAtTheStart(t *testing.T) {
	dir, err := os.MkdirTemp("", "con")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	o := Options{Path: filepath.Join(dir, "sock"), Spool: filepath.Join(dir, "spool"), Log: slog.New(slog.DiscardHandler)}
	if err := os.Mkdir(o.Spool, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"waiting", "forsaken", "handled"} {
		if err := os.WriteFile(filepath.Join(o.Spool, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stored := []services.Incoming{
		{ID: "none", Raw: []byte("{")},
		{ID: "bare", Raw: []byte(`{"text":"list"}`)},
		{ID: "file", Raw: []byte(`{"text":"start site","files":[{"name":"a.html","path":"waiting","size":7}]}`)},
	}
	restart := func(stored []services.Incoming, failure error) []string {
		o.Stored = func() ([]services.Incoming, error) { return stored, failure }
		a, err := Listen(o)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		if failure == nil && len(stored) > 0 {
			wantAttachment(t, a, stored[len(stored)-1], "waiting")
		}
		entries, _ := os.ReadDir(o.Spool)
		var left []string
		for _, e := range entries {
			left = append(left, e.Name())
		}
		return left
	}
	if left := restart(nil, errors.New("locked")); len(left) != 3 {
		t.Errorf("when the store could not be read: %q", left)
	}
	if left := restart(stored, nil); !slices.Equal(left, []string{"waiting"}) {
		t.Errorf("with one command stored: %q", left)
	}
	if left := restart(nil, nil); len(left) != 0 {
		t.Errorf("with none: %q", left)
	}
}

// wantAttachment opens the file of a stored command as its handler does.
func wantAttachment(t *testing.T, a *Adapter, in services.Incoming, want string) {
	t.Helper()
	m, err := a.Decode(t.Context(), in)
	if err != nil || len(m.Attachments) != 1 {
		t.Fatalf("%+v, %v", m, err)
	}
	r, err := m.Attachments[0].Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || string(got) != want {
		t.Errorf("%q, %v", got, err)
	}
}

func TestHostileClientsAreHungUpOn(t *testing.T) {
	b := newBot(t, say("ok"))
	for name, text := range map[string]string{
		"no JSON":         "hello\n",
		"an unknown type": `{"type":"become-root"}` + "\n",
		"a negative size": `{"type":"file","name":"../../x","size":-1}` + "\n",
		"a huge file":     `{"type":"file","name":"x","size":99999999999}` + "\n",
		"a long line":     strings.Repeat("x", maxFrame+4096) + "\n",
	} {
		conn, err := net.Dial("unix", b.path)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = io.WriteString(conn, text)
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: still connected", name)
		}
		_ = conn.Close()
	}
	if code, _ := b.ctl("list", CtlOptions{}); code != ExitOK {
		t.Errorf("afterwards: %d", code)
	}
	if entries, _ := os.ReadDir(b.spool); len(entries) != 0 {
		t.Errorf("%d files were left behind", len(entries))
	}
}

func TestAQRCodeIsDrawn(t *testing.T) {
	got := picture("http://pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion/")
	rows := strings.Split(strings.TrimRight(got, "\n"), "\n")
	for _, r := range rows {
		if len([]rune(r)) != len([]rune(rows[0])) {
			t.Fatalf("rows of different length:\n%s", got)
		}
	}
	if len(rows) < 15 {
		t.Errorf("only %d rows:\n%s", len(rows), got)
	}
}
