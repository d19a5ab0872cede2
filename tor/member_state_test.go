package tor

import (
	"slices"
	"testing"
	"time"

	"onionbot/services"
)

func TestSilentTorKeepsItsOnionsUntilItIsDead(t *testing.T) {
	f, g := newFakeTor(t), newFakeTor(t)
	p := openFakes(t, Options{CallTimeout: 200 * time.Millisecond}, f, g)
	spec := testSpec(t, "alice")
	if err := p.Publish(soon(t), spec); err != nil {
		t.Fatal(err)
	}
	home, other := f, g
	if len(g.adds) > 0 {
		home, other = g, f
	}
	home.with(func() { home.hung = true })
	if s, err := p.Status(soon(t), spec.Onion.Address); !services.IsCode(err, services.CodeUnavailable) {
		t.Errorf("status of an onion on a silent tor = %+v, %v", s, err)
	}
	if l, err := p.List(soon(t)); !services.IsCode(err, services.CodeUnavailable) {
		t.Errorf("list with a silent tor = %v, %v", l, err)
	}
	if err := p.Remove(soon(t), spec.Onion.Address); !services.IsCode(err, services.CodeUnavailable) {
		t.Errorf("removal from a silent tor = %v", err)
	}
	untilState(t, p, home, stateSilent)
	if err := p.Publish(soon(t), spec); !services.IsCode(err, services.CodeUnavailable) {
		t.Errorf("publish of an onion on a silent tor = %v", err)
	}
	if err := p.Publish(soon(t), testSpec(t, "bob")); err != nil {
		t.Errorf("publish of another onion while a tor is silent: %v", err)
	}
	if n := len(other.adds); n != 1 {
		t.Errorf("%d onions were added to the other tor; want bob's", n)
	}

	home.die()
	untilState(t, p, home, stateDead)
	if s, err := p.Status(soon(t), spec.Onion.Address); err != nil || s.State != services.OnionAbsent {
		t.Errorf("status after the tor's death = %+v, %v", s, err)
	}
	if err := p.Publish(soon(t), spec); err != nil {
		t.Errorf("publish after the tor's death: %v", err)
	}
}

// untilState waits until the pool thinks so of the tor.
func untilState(t *testing.T, p *Pool, f *fakeTor, want memberState) {
	t.Helper()
	err := p.await(soon(t), func() (bool, error) {
		i := slices.IndexFunc(p.members, func(m *member) bool { return m.control == f.socket })
		return p.members[i].state == want, nil
	})
	if err != nil {
		t.Fatalf("never in state %d: %v", want, err)
	}
}
