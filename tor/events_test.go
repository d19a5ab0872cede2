package tor

import (
	"testing"
	"time"

	"onionbot/services"
)

func TestFloodOfEventsIsDrained(t *testing.T) {
	f := newFakeTor(t)
	p := openFakes(t, Options{}, f)
	stuck := make(chan struct{})
	defer close(stuck)
	go func() { _ = p.Events(t.Context(), func(string) { <-stuck }) }() // a reader that never reads on
	id := idOf(testSpec(t, ""))
	go func() {
		for range 20000 {
			f.upload(id)
		}
	}()
	for range 20 {
		if err := p.Publish(soon(t), testSpec(t, "alice")); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEventsTellOfLossAndChange(t *testing.T) {
	f := newFakeTor(t)
	p := openFakes(t, Options{}, f)
	told := make(chan string, 100)
	go func() { _ = p.Events(t.Context(), func(a string) { told <- a }) }()
	if err := p.await(soon(t), func() (bool, error) { return true, nil }); err != nil {
		t.Fatal(err)
	}
	untilWatched(t, p)
	spec := testSpec(t, "alice")
	if err := p.Publish(soon(t), spec); err != nil {
		t.Fatal(err)
	}
	if got := take(t, told); got != spec.Onion.Address {
		t.Errorf("told %q on publication", got)
	}
	f.with(func() { f.onions = nil })
	if s, err := p.Status(soon(t), spec.Onion.Address); err != nil || s.State != services.OnionAbsent {
		t.Errorf("status = %+v, %v", s, err)
	}
	if got := take(t, told); got != spec.Onion.Address {
		t.Errorf("told %q on loss", got)
	}
	f.die()
	if got := take(t, told); got != "" {
		t.Errorf("told %q when the tor ended", got)
	}
	if err := p.Ping(soon(t)); !services.IsCode(err, services.CodeUnavailable) {
		t.Errorf("ping without a tor = %v", err)
	}
}

// untilWatched waits until somebody follows the events.
func untilWatched(t *testing.T, p *Pool) {
	t.Helper()
	for ctx := soon(t); ; {
		p.mu.Lock()
		n := len(p.watch)
		p.mu.Unlock()
		if n > 0 {
			return
		}
		if pause(ctx, time.Millisecond) != nil {
			t.Fatal("nobody watches")
		}
	}
}
