package services_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"onionbot/services"
)

// machine is Docker and tor by the contracts of their ports, in memory, with
// faults on demand. Each call takes the time it takes on a real machine.
type machine struct {
	mu           sync.Mutex
	containers   map[string]services.Container
	published    map[string]services.OnionStatus
	runs         int
	publications int
	most         int  // containers of one instance being made at once
	doubled      bool // an onion was published while it was published
	making       map[string]int
	pace         time.Duration
	runFault     error
	silentUntil  map[string]time.Time
	brokenUntil  time.Time
	onContainer  func(string)
	onOnion      func(string)
	keys         int
}

func newMachine() *machine {
	return &machine{
		containers: make(map[string]services.Container), published: make(map[string]services.OnionStatus),
		making: make(map[string]int), silentUntil: make(map[string]time.Time),
	}
}

func (m *machine) slow(d time.Duration) { m.mu.Lock(); m.pace = d; m.mu.Unlock() }
func (m *machine) failRuns(err error)   { m.mu.Lock(); m.runFault = err; m.mu.Unlock() }
func (m *machine) breakProbes(d time.Duration) {
	m.mu.Lock()
	m.brokenUntil = time.Now().Add(d)
	m.mu.Unlock()
}

func (m *machine) silence(what string, d time.Duration) {
	m.mu.Lock()
	m.silentUntil[what] = time.Now().Add(d)
	m.mu.Unlock()
}

func (m *machine) container(id string) services.Container {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.containers[id]
}

func (m *machine) die(id string, exit services.Exit) {
	m.mu.Lock()
	c := m.containers[id]
	c.State, c.Exit = services.ContainerExited, exit
	m.containers[id] = c
	notify := m.onContainer
	m.mu.Unlock()
	notify(id)
}

func (m *machine) loseOnions() {
	m.mu.Lock()
	clear(m.published)
	notify := m.onOnion
	m.mu.Unlock()
	notify("")
}

// take passes the time a call takes, and fails it if its side is silent.
func (m *machine) take(ctx context.Context, what string, d time.Duration) error {
	m.mu.Lock()
	d += m.pace
	silent := time.Now().Before(m.silentUntil[what])
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
		return nil
	}
}

func (m *machine) EnsureImage(ctx context.Context, _ *services.Definition, _ func(string)) error {
	return nil
}

func (m *machine) Run(ctx context.Context, spec services.ContainerSpec) error {
	m.mu.Lock()
	m.making[spec.ID]++
	m.most = max(m.most, m.making[spec.ID])
	fault := m.runFault
	m.mu.Unlock()
	err := m.take(ctx, "docker", 400*time.Millisecond)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.making[spec.ID]--
	if err = errors.Join(err, fault); err != nil {
		return err
	}
	m.runs++
	m.containers[spec.ID] = services.Container{
		ID: spec.ID, State: services.ContainerRunning, Ready: true, Deadline: spec.Deadline, Visits: spec.Visits,
	}
	return nil
}

func (m *machine) Target(id string, p services.Port) string {
	return fmt.Sprintf("/%s/%d", id, p.Onion)
}

func (m *machine) Prepare(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.containers[id]; !ok {
		m.containers[id] = services.Container{ID: id, Files: true}
	}
	return nil
}

func (m *machine) edit(ctx context.Context, id string, fn func(c *services.Container)) error {
	if err := m.take(ctx, "docker", time.Millisecond); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.containers[id]
	fn(&c)
	m.containers[id] = c
	return nil
}

func (m *machine) SetDeadline(ctx context.Context, id string, deadline time.Time) error {
	return m.edit(ctx, id, func(c *services.Container) { c.Deadline = deadline })
}

func (m *machine) Arm(ctx context.Context, id string) error {
	return m.edit(ctx, id, func(c *services.Container) { c.Armed = true })
}

func (m *machine) Inspect(ctx context.Context, id string) (services.Container, error) {
	if err := m.take(ctx, "docker", 0); err != nil {
		return services.Container{}, err
	}
	return m.container(id), nil
}

func (m *machine) List(ctx context.Context) ([]services.Container, error) {
	if err := m.take(ctx, "docker", 0); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []services.Container
	for _, c := range m.containers {
		out = append(out, c)
	}
	return out, nil
}

func (m *machine) Remove(ctx context.Context, id string) error {
	if err := m.take(ctx, "docker", 100*time.Millisecond); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.containers, id)
	return nil
}

func (m *machine) Events(ctx context.Context, notify func(string)) error {
	m.mu.Lock()
	m.onContainer = notify
	m.mu.Unlock()
	<-ctx.Done()
	return ctx.Err()
}

func (m *machine) Ping(ctx context.Context) error { return m.take(ctx, "docker", 0) }

// onions is the tor side of the machine.
type onions machine

func (o *onions) m() *machine { return (*machine)(o) }

func (o *onions) NewOnion() (services.Onion, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.keys++
	return services.Onion{Address: fmt.Sprintf("o%d.onion", o.keys), Key: services.Secret(fmt.Sprint("key", o.keys))}, nil
}

func (o *onions) Publish(ctx context.Context, spec services.OnionSpec) error {
	if err := o.m().take(ctx, "tor", 1200*time.Millisecond); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, ok := o.published[spec.Onion.Address]; ok {
		o.doubled = true
	}
	o.publications++
	o.published[spec.Onion.Address] = services.OnionStatus{Address: spec.Onion.Address, State: services.OnionPublished}
	return nil
}

func (o *onions) Status(ctx context.Context, address string) (services.OnionStatus, error) {
	if err := o.m().take(ctx, "tor", 0); err != nil {
		return services.OnionStatus{}, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.published[address], nil
}

func (o *onions) List(ctx context.Context) ([]services.OnionStatus, error) {
	if err := o.m().take(ctx, "tor", 0); err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []services.OnionStatus
	for _, s := range o.published {
		out = append(out, s)
	}
	return out, nil
}

func (o *onions) Remove(ctx context.Context, address string) error {
	if err := o.m().take(ctx, "tor", 50*time.Millisecond); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.published, address)
	return nil
}

func (o *onions) Probe(ctx context.Context, address string, _ int, _ services.ProbeKind) error {
	if err := o.m().take(ctx, "tor", 300*time.Millisecond); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	serving := false
	for _, c := range o.containers {
		serving = serving || c.State == services.ContainerRunning
	}
	if _, ok := o.published[address]; !ok || !serving || time.Now().Before(o.brokenUntil) {
		return errors.New("does not open")
	}
	return nil
}

func (o *onions) Events(ctx context.Context, notify func(string)) error {
	o.mu.Lock()
	o.onOnion = notify
	o.mu.Unlock()
	<-ctx.Done()
	return ctx.Err()
}

func (o *onions) Ping(ctx context.Context) error { return o.m().take(ctx, "tor", 0) }
