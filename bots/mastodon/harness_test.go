package mastodon_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"onionbot/bots"
	"onionbot/bots/mastodon"
	"onionbot/bots/mastodon/mastodontest"
	"onionbot/services"
)

// logs collects what an adapter logs.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newAdapter is an adapter for the fake; the log must never hold the token.
func newAdapter(t *testing.T, s *mastodontest.Server, change func(*mastodon.Options)) *mastodon.Adapter {
	t.Helper()
	l := &logs{}
	o := mastodon.Options{
		Server: s.URL, Token: mastodontest.Token,
		Logger:       slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug})),
		PollInterval: 5 * time.Millisecond,
	}
	if change != nil {
		change(&o)
	}
	a, err := mastodon.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if strings.Contains(l.String(), mastodontest.Token) {
			t.Errorf("the token is in the log:\n%s", l)
		}
	})
	return a
}

// shelf is a durable inbox as the hub has it: idempotent by id.
type shelf struct {
	mu      sync.Mutex
	cursor  string
	rows    []services.Incoming
	calls   int
	changed chan struct{}
	fail    func(call int) error
}

func newShelf() *shelf { return &shelf{changed: make(chan struct{}, 1)} }

func (s *shelf) keep(_ context.Context, events []services.Incoming, cursor string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.fail != nil {
		if err := s.fail(s.calls); err != nil {
			return err
		}
	}
	for _, e := range events {
		if !slices.ContainsFunc(s.rows, func(r services.Incoming) bool { return r.ID == e.ID }) {
			s.rows = append(s.rows, e)
		}
	}
	s.cursor = cursor
	select {
	case s.changed <- struct{}{}:
	default:
	}
	return nil
}

func (s *shelf) state() (rows []services.Incoming, cursor string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.rows), s.cursor
}

// awaitCursor waits for anything to be noted.
func (s *shelf) awaitCursor(t *testing.T) {
	t.Helper()
	select {
	case <-s.changed:
	case <-time.After(30 * time.Second):
		t.Fatal("nothing was noted")
	}
}

// await waits for n rows, and for the server to have been asked once.
func (s *shelf) await(t *testing.T, n int) []services.Incoming {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		rows, cursor := s.state()
		if len(rows) >= n && cursor != "" && !strings.HasPrefix(cursor, "since:") {
			return rows
		}
		select {
		case <-s.changed:
		case <-deadline:
			t.Fatalf("waited in vain for %d messages; have %d, cursor %q", n, len(rows), cursor)
		}
	}
}

// eventually polls a condition that no channel tells of.
func eventually(t *testing.T, cond func() bool) {
	t.Helper()
	for limit := time.Now().Add(20 * time.Second); !cond(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("not in 20 s")
		}
	}
}

// receive runs Receive until the test ends or stop is called.
func receive(t *testing.T, a *mastodon.Adapter, sh *shelf) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	_, cursor := sh.state()
	go func() { done <- a.Receive(ctx, cursor, sh.keep) }()
	var once sync.Once
	var err error
	stop = func() error {
		once.Do(func() { cancel(); err = <-done })
		return err
	}
	t.Cleanup(func() { _ = stop() })
	return stop
}

// decode is the nth kept message.
func decode(t *testing.T, a *mastodon.Adapter, in services.Incoming) *bots.Message {
	t.Helper()
	m, err := a.Decode(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// ask lets somebody mention the bot and returns the message that arrives.
func ask(t *testing.T, s *mastodontest.Server, a *mastodon.Adapter, toot mastodontest.Toot) *bots.Message {
	t.Helper()
	sh := newShelf()
	stop := receive(t, a, sh)
	sh.await(t, 0)
	id := s.Publish(toot)
	for n := 1; ; n++ { // what was asked a moment before may come first
		if row := sh.await(t, n)[n-1]; row.ID == id {
			_ = stop()
			return decode(t, a, row)
		}
	}
}

// onEach runs a test on every flavour.
func onEach(t *testing.T, test func(t *testing.T, s *mastodontest.Server)) {
	for _, f := range mastodontest.Flavours() {
		t.Run(string(f), func(t *testing.T) { test(t, mastodontest.New(t, f)) })
	}
}

func texts(n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("start site s%d", i))
	}
	return out
}
