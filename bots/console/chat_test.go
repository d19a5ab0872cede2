package console

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"onionbot/bots"
	"onionbot/services"
)

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

func (p *promptClient) say(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(p.in, text+"\n"); err != nil {
		t.Fatal(err)
	}
}
