package telegram_test

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/time/rate"

	"onionbot/bots"
	"onionbot/bots/telegram"
	"onionbot/bots/telegram/telegramtest"
	"onionbot/services"
)

const (
	token = "42:AAsecret-Token_0123456789abcdefghij"
	alice = int64(1001)
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// logs collects everything that is logged, at every level.
type logs struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *logs) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// newAdapter is an adapter for the server with short pauses.
func newAdapter(t *testing.T, s *telegramtest.Server, change ...func(*telegram.Options)) *telegram.Adapter {
	t.Helper()
	o := telegram.Options{
		Token: token, APIURL: s.URL(),
		PollTimeout: 5 * time.Second, CallTimeout: 5 * time.Second,
		MinPause: 10 * time.Millisecond, MaxPause: 50 * time.Millisecond,
		ChatRate: rate.Inf, TotalRate: rate.Inf,
	}
	for _, c := range change {
		c(&o)
	}
	a, err := telegram.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a
}

// inbox keeps events as the hub does: new ones once, with the cursor.
type inbox struct {
	mu      sync.Mutex
	events  []services.Incoming
	seen    map[string]bool
	cursor  string
	calls   int
	changed chan struct{}
	fail    func(call int) error // nil: never
}

func newInbox() *inbox {
	return &inbox{seen: map[string]bool{}, changed: make(chan struct{}, 1)}
}

func (b *inbox) keep(_ context.Context, events []services.Incoming, cursor string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls++
	if b.fail != nil {
		if err := b.fail(b.calls); err != nil {
			return err
		}
	}
	for _, e := range events {
		if !b.seen[e.ID] {
			b.seen[e.ID] = true
			b.events = append(b.events, e)
		}
	}
	b.cursor = cursor
	select {
	case b.changed <- struct{}{}:
	default:
	}
	return nil
}

func (b *inbox) all() []services.Incoming {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.events)
}

// await waits until n events are kept.
func (b *inbox) await(t *testing.T, n int) []services.Incoming {
	t.Helper()
	limit := time.After(60 * time.Second)
	for {
		if got := b.all(); len(got) >= n {
			return got
		}
		select {
		case <-b.changed:
		case <-limit:
			t.Fatalf("%d events were kept, want %d", len(b.all()), n)
		}
	}
}

// receive runs Receive until the returned function is called, which returns
// what Receive returned.
func receive(t *testing.T, a *telegram.Adapter, b *inbox) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Receive(ctx, b.cursor, b.keep) }()
	stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(10 * time.Second):
			t.Error("Receive did not end")
			return nil
		}
	})
	t.Cleanup(func() { _ = stop() })
	return stop
}

// texts decodes events to the texts of their messages; "-" for none.
func texts(t *testing.T, a *telegram.Adapter, events []services.Incoming) []string {
	t.Helper()
	var out []string
	for _, e := range events {
		m, err := a.Decode(t.Context(), e)
		switch {
		case err != nil:
			out = append(out, "error")
		case m == nil:
			out = append(out, "-")
		default:
			out = append(out, m.Text)
		}
	}
	return out
}

// eventually polls a condition that no channel tells of.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for limit := time.Now().Add(20 * time.Second); !cond(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("not in 20 s: %s", what)
		}
	}
}

type incoming = services.Incoming

type telegramSecret = services.Secret

func to(user string) services.Route {
	return services.Route{Network: "telegram", Account: user, Chat: user}
}

func outgoing(key, text string) bots.Outgoing {
	return bots.Outgoing{Key: key, To: to("1001"), Reply: bots.Reply{Text: text}}
}
