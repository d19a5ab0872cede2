package reconcile_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"onionbot/services"
	"onionbot/services/onionstest"
	"onionbot/services/runtimetest"
)

// machine is Docker and tor, as the fakes of their ports, with the time that
// each call takes on a real machine.
type machine struct {
	runtime *runtimetest.Fake
	onions  *onionstest.Fake
	skew    atomic.Int64 // how far the wall clock was set, in nanoseconds

	mu          sync.Mutex
	making      map[string]int
	most        int  // containers of one instance being made at once
	doubled     bool // an onion was published while it was published
	calls       map[string]int
	pace        time.Duration
	faults      map[string]error
	silentUntil map[string]time.Time
	brokenUntil time.Time
}

// durations are what calls take.
var durations = map[string]time.Duration{
	"Run": 400 * time.Millisecond, "SetDeadline": time.Millisecond, "Arm": time.Millisecond, "Remove": 100 * time.Millisecond,
	string(onionstest.OpPublish): 1200 * time.Millisecond, string(onionstest.OpRemove): 50 * time.Millisecond,
	string(onionstest.OpProbe): 300 * time.Millisecond,
}

func newMachine() *machine {
	m := &machine{
		making: make(map[string]int), silentUntil: make(map[string]time.Time),
		calls: make(map[string]int), faults: make(map[string]error),
	}
	m.runtime = runtimetest.NewFake(services.ClockFunc(m.now))
	m.runtime.Before = m.docker
	m.onions = onionstest.New()
	for _, op := range []onionstest.Op{
		onionstest.OpPublish, onionstest.OpStatus, onionstest.OpList, onionstest.OpRemove, onionstest.OpProbe, onionstest.OpPing,
	} {
		m.onions.Intercept(op, func(ctx context.Context, address string) error { return m.tor(ctx, op, address) })
	}
	m.onions.Reach(m.serves)
	return m
}

// now is the wall clock of the machine.
func (m *machine) now() time.Time { return time.Now().Add(time.Duration(m.skew.Load())) }

func (m *machine) slow(d time.Duration) { m.set(func() { m.pace = d }) }

func (m *machine) silence(what string, d time.Duration) {
	m.set(func() { m.silentUntil[what] = time.Now().Add(d) })
}

func (m *machine) breakProbes(d time.Duration) { m.set(func() { m.brokenUntil = time.Now().Add(d) }) }

// fail makes the calls of this name fail, or ends that. Docker's begin with a
// capital letter, tor's do not.
func (m *machine) fail(call string, err error) { m.set(func() { m.faults[call] = err }) }

// called is how often a call of this name was made.
func (m *machine) called(call string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls[call]
}

func (m *machine) set(fn func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	fn()
}

func (m *machine) docker(ctx context.Context, method, id string) error {
	if method == "Prepare" || method == "visit" {
		return nil
	}
	if method != "Run" {
		return m.take(ctx, "docker", method)
	}
	m.set(func() {
		m.making[id]++
		m.most = max(m.most, m.making[id])
	})
	defer m.set(func() { m.making[id]-- })
	return m.take(ctx, "docker", method)
}

func (m *machine) tor(ctx context.Context, op onionstest.Op, address string) error {
	err := m.take(ctx, "tor", string(op))
	if err == nil && op == onionstest.OpPublish && slices.Contains(m.onions.Addresses(), address) {
		m.set(func() { m.doubled = true })
	}
	return err
}

// take passes the time a call takes, and fails it if its side is silent.
func (m *machine) take(ctx context.Context, what, call string) error {
	m.mu.Lock()
	m.calls[call]++
	d, silent, fault := durations[call]+m.pace, time.Now().Before(m.silentUntil[what]), m.faults[call]
	m.mu.Unlock()
	if silent {
		return services.Wrap(services.CodeUnavailable, errors.New("connection refused"), "what", what)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return fault
	}
}

// serves is whether the container behind a port of an address answers.
func (m *machine) serves(address string, port int) error {
	spec, _ := m.onions.Spec(address)
	m.mu.Lock()
	broken := time.Now().Before(m.brokenUntil)
	m.mu.Unlock()
	at := slices.IndexFunc(spec.Targets, func(t services.OnionTarget) bool { return t.Port == port })
	if broken || at < 0 {
		return errors.New("no answer")
	}
	id := strings.Split(spec.Targets[at].Socket, "/")[3]
	if c := m.runtime.Peek(id); c.State != services.ContainerRunning {
		return errors.New("no answer")
	}
	return nil
}
