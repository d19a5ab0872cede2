package tor

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"onionbot/services"
)

// merge takes the tor's own list of what it hosts for true. It must be called
// while the link is held that the list came from, so that nothing was added or
// removed since. Each onion is visited once: everybody waits for the lock
// meanwhile. pool.mu is held.
func (m *member) merge(ids []string) {
	p := m.pool
	listed := make(map[string]struct{}, len(ids))
	for _, id := range ids {
		listed[id] = struct{}{}
		e := m.onions[id]
		if e == nil {
			e = &entry{published: true}
			m.onions[id] = e
		}
		e.doubtful = false
	}
	for id, e := range m.onions {
		if _, ok := listed[id]; ok || e.planned {
			continue
		}
		m.drop(id)
		if pub := p.pubs[id+onionTLD]; pub != nil && pub.member == m && pub.phase == phaseWaiting {
			p.requeue(pub)
		}
		p.notify(id + onionTLD)
	}
}

// reading is a request for the tor's list of onions that has not been sent yet.
// Whoever needs the list meanwhile waits for the same one: the list is long
// where there are many onions, and many ask at the same moment.
type reading struct {
	done chan struct{} // closed when the list was merged, or err is set
	err  error
}

// refresh asks the tor for what it hosts. What is known when it returns is not
// older than the call.
func (m *member) refresh(ctx context.Context) error {
	p := m.pool
	p.mu.Lock()
	r := m.next
	if r == nil && !p.closed {
		r = &reading{done: make(chan struct{})}
		m.next = r
		p.tasks.Go(func() { m.read(r) })
	}
	p.mu.Unlock()
	if r == nil {
		return fmt.Errorf("%w: the pool is closed", errNoAnswer)
	}
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		m.wake()
		return fmt.Errorf("%w: %w", errNoAnswer, ctx.Err())
	}
}

// read carries out a reading.
func (m *member) read(r *reading) {
	p := m.pool
	begin := func() { // who comes from now on needs a list that is newer
		p.mu.Lock()
		defer p.mu.Unlock()
		if m.next == r {
			m.next = nil
		}
	}
	r.err = m.link.do(p.ctx, func(s *session) error {
		begin()
		ids, err := s.onions(p.ctx)
		if err != nil {
			return err
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		m.merge(ids)
		p.dispatch()
		return nil
	})
	begin() // where the tor could not even be asked
	close(r.done)
	if r.err != nil {
		m.wake()
	}
}

// askable returns the tors that can have onions and are not dead, apart from
// those that do not answer. p.mu is held.
func (p *Pool) askable() (up, silent []*member) {
	for _, m := range p.members {
		if !m.hosts {
			continue
		}
		switch m.state {
		case stateUp:
			up = append(up, m)
		case stateUnknown, stateSilent:
			silent = append(silent, m)
		case stateDead:
		}
	}
	return up, silent
}

// survey asks every tor that answers, at the same time, and returns those that
// did not.
func (p *Pool) survey(ctx context.Context) (silent []*member, err error) {
	p.mu.Lock()
	up, silent := p.askable()
	p.mu.Unlock()
	errs := make([]error, len(up))
	var asking sync.WaitGroup
	for i, m := range up {
		asking.Go(func() { errs[i] = m.refresh(ctx) })
	}
	asking.Wait()
	for i, e := range errs {
		if e != nil {
			silent, err = append(silent, up[i]), e
		}
	}
	if err == nil && len(silent) > 0 {
		err = errNoAnswer
	}
	return silent, err
}

// List implements [services.Onions]. It fails when there is a tor that may
// host onions and does not answer: the list would lack them.
func (p *Pool) List(ctx context.Context) ([]services.OnionStatus, error) {
	silent, err := p.survey(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range silent {
		if m.state == stateUnknown || len(m.onions) > 0 {
			return nil, unavailable(fmt.Errorf("%s: %w", m.name, err))
		}
	}
	if !p.answering() {
		return nil, unavailable(errNoAnswer)
	}
	var list []services.OnionStatus
	for _, m := range p.members {
		for id, e := range m.onions {
			list = append(list, m.status(id, e))
		}
	}
	return list, nil
}

// Status implements [services.Onions]. An onion that a silent tor may have is
// not absent: that is an error.
func (p *Pool) Status(ctx context.Context, addr string) (services.OnionStatus, error) {
	id, err := onionID(addr)
	if err != nil {
		return services.OnionStatus{}, err
	}
	p.mu.Lock()
	home, _ := p.hostOf(id)
	known := home != nil && home.state == stateUp
	p.mu.Unlock()
	if known && home.refresh(ctx) == nil {
		p.mu.Lock()
		e := home.onions[id]
		known = e != nil && !e.doubtful
		p.mu.Unlock()
		if known {
			return p.known(id, nil)
		}
	}
	silent, _ := p.survey(ctx)
	return p.known(id, silent)
}

// known tells what is known of an onion after tors were asked, apart from
// those that were silent.
func (p *Pool) known(id string, silent []*member) (services.OnionStatus, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m, e := p.hostOf(id); e != nil {
		if m.state != stateUp || e.doubtful || slices.Contains(silent, m) {
			return services.OnionStatus{}, unavailable(fmt.Errorf("%s: %w", m.name, errNoAnswer))
		}
		return m.status(id, e), nil
	}
	for _, m := range p.members {
		if m.hosts && m.state == stateUnknown {
			return services.OnionStatus{}, unavailable(fmt.Errorf("%s: %w", m.name, errNoAnswer))
		}
	}
	if !p.answering() {
		return services.OnionStatus{}, unavailable(errNoAnswer)
	}
	return services.OnionStatus{Address: id + onionTLD}, nil
}

// answering reports whether a tor that hosts answers. p.mu is held.
func (p *Pool) answering() bool {
	return slices.ContainsFunc(p.members, func(m *member) bool { return m.hosts && m.state == stateUp })
}

func (m *member) status(id string, e *entry) services.OnionStatus {
	s := services.OnionStatus{Address: id + onionTLD, State: services.OnionAdded, Foreign: m.foreign, Admits: e.admits, Guarded: e.guarded}
	pub := m.pool.pubs[s.Address]
	if spreading := pub != nil && pub.member == m; e.published && !spreading {
		s.State = services.OnionPublished
	}
	return s
}
