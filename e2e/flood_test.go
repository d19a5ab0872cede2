package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	floodCircuits = 16 // of attackers; each holds as many connections as one visitor may
	floodStreams  = 31
	floodVisits   = 12 // more circuits, each of which asks for pages without a pause
	// patiently is how much longer than without an attack a visitor may wait.
	patiently = 3 * time.Second
)

// Attackers hold 500 half-open connections and flood from many circuits: other
// visitors of the address get their page, and other addresses notice nothing.
func TestAFloodOfOneAddressLeavesItsVisitorsAndOtherAddressesAlone(t *testing.T) {
	t.Parallel()
	b := newBot(t, twoUsers)
	b.start()
	victim, other := b.begin("site", "as", "victim", "for", "1h"), b.begin("site", "as", "other", "for", "1h")
	calm := max(fetched(t, "calm-victim", victim), fetched(t, "calm-other", other))

	ctx, end := context.WithCancel(t.Context())
	defer end()
	held := besiege(ctx, t, victim)
	if held < floodCircuits*floodStreams/2 {
		t.Fatalf("only %d connections are held", held)
	}
	var slowest time.Duration
	for n := range 3 {
		slowest = max(slowest, fetched(t, fmt.Sprint("new-victim", n), victim), fetched(t, fmt.Sprint("new-other", n), other))
	}
	t.Logf("%d half-open connections and %d circuits that flood: a page took at most %v, %v before", held, floodVisits, slowest, calm)
	if slowest > calm+patiently {
		t.Errorf("a page took %v, %v before the attack", slowest, calm)
	}
	if out := b.ctl("status"); !strings.Contains(out, "Against floods") {
		t.Errorf("status says nothing of it: %s", out)
	}
}

// fetched is how long a new visitor needs for a page.
func fetched(t *testing.T, who, onion string) time.Duration {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	began := time.Now()
	if _, err := visit(ctx, t.Name()+who, onion); err != nil {
		t.Errorf("%s: %v", who, err)
	}
	return time.Since(began)
}

// besiege attacks an address until ctx ends, and returns how many half-open
// connections it holds when all have been tried.
func besiege(ctx context.Context, t *testing.T, onion string) (held int) {
	t.Helper()
	var wait sync.WaitGroup
	var mu sync.Mutex
	for c := range floodCircuits {
		wait.Go(func() {
			for range floodStreams {
				conn, err := halfOpen(ctx, fmt.Sprint(t.Name(), "siege", c), onion)
				if err != nil {
					continue
				}
				context.AfterFunc(ctx, func() { _ = conn.Close() })
				mu.Lock()
				held++
				mu.Unlock()
			}
		})
	}
	for v := range floodVisits {
		go func() {
			for ctx.Err() == nil {
				_, _ = visit(ctx, fmt.Sprint(t.Name(), "flood", v), onion)
			}
		}()
	}
	wait.Wait()
	return held
}

// halfOpen begins a request that it never ends.
func halfOpen(ctx context.Context, isolation, onion string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	conn, err := dial(ctx, isolation, onion+":80")
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: "); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}
