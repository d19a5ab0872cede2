package tor

import (
	"errors"
	"fmt"
)

// hostOf returns the tor that has the onion or may have it. p.mu is held.
func (p *Pool) hostOf(id string) (*member, *entry) {
	for _, m := range p.members {
		if e := m.onions[id]; e != nil {
			return m, e
		}
	}
	return nil, nil
}

// placeable reports why no new onion can be placed: there is a tor that could
// have any onion, or none that answers. p.mu is held.
func (p *Pool) placeable() error {
	answering := false
	for _, m := range p.members {
		if m.hosts && m.state == stateUnknown {
			return unavailable(fmt.Errorf("%w: what %s hosts is not known", errNoAnswer, m.name))
		}
		answering = answering || m.hosts && m.state == stateUp
	}
	if !answering {
		return unavailable(errNoAnswer)
	}
	return nil
}

// dispatch gives queued publications to tors that have room. p.mu is held.
func (p *Pool) dispatch() {
	for !p.closed && !p.queue.empty() && p.placeable() == nil {
		if p.leastLoaded(nil) == nil {
			break
		}
		pub := p.queue.pop()
		m := p.leastLoaded(pub.avoid)
		if home, e := p.hostOf(pub.id); e != nil { // it was found on a tor meanwhile
			pub.member = home
			if e.admits != pub.spec.Onion.Admits() {
				p.move(pub)
				continue
			}
			p.wait(pub)
			if e.published {
				p.settle(pub, nil)
			}
			continue
		}
		pub.member, pub.phase = m, phaseAdding
		e := &entry{planned: true, slot: true}
		m.onions[pub.id] = e
		m.slots++
		p.tasks.Go(func() { p.add(pub, m, e) })
	}
	p.scaleUp()
}

// leastLoaded returns the least loaded tor that takes another onion now, nil if
// none does. Those that are to be emptied come last, and after them the one to
// avoid. p.mu is held.
func (p *Pool) leastLoaded(avoid *member) *member {
	var best *member
	for _, m := range p.members {
		if !m.hosts || m.state != stateUp || m.percent < 100 || m.slots >= p.o.Window {
			continue
		}
		switch {
		case best == nil || best == avoid:
			best = m
		case m == avoid:
		case best.draining && !m.draining:
			best = m
		case m.draining == best.draining && len(m.onions) < len(best.onions):
			best = m
		}
	}
	return best
}

// add gives the onion to the tor.
func (p *Pool) add(pub *publication, m *member, e *entry) {
	lost := errors.New("the place was lost")
	var there bool
	err := m.link.do(p.ctx, func(s *session) error {
		p.mu.Lock()
		current := m.onions[pub.id] == e && m.state == stateUp && !pub.removed
		if current {
			e.planned, e.doubtful = false, true
		}
		p.mu.Unlock()
		if !current {
			return lost
		}
		var err error
		there, err = m.add(p.ctx, s, pub.spec)
		p.mu.Lock()
		defer p.mu.Unlock()
		if err == nil {
			e.doubtful = false
			if !there { // nobody tells whom one that was there lets in
				e.admits = pub.spec.Onion.Admits()
			}
		}
		return err
	})
	if errors.Is(err, errNoAnswer) {
		m.wake()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.added(pub, m, e, there, err)
	p.dispatch()
}

// added decides what follows from a tor's answer. p.mu is held.
func (p *Pool) added(pub *publication, m *member, e *entry, there bool, err error) {
	placed := m.onions[pub.id] == e
	if placed && (e.planned || err != nil && !e.doubtful || refusal(err) != 0) {
		m.drop(pub.id) // it was never sent, or was refused
		placed = false
	}
	if pub.phase != phaseAdding || pub.member != m { // nobody waits, or the pool was closed
		m.free(e)
		return
	}
	switch {
	case refusal(err) != 0:
		p.settle(pub, err)
	case pub.removed:
		p.settle(pub, errRemoved)
	case !placed: // the tor died, or it could not be asked at all
		p.requeue(pub)
	case err != nil:
		m.free(e)
		p.settle(pub, unavailable(err))
	case there && e.admits != pub.spec.Onion.Admits():
		p.move(pub)
	case there:
		e.published = true
		m.free(e)
		p.settle(pub, nil)
	default:
		p.wait(pub)
		p.hasten(pub, e) // events can be faster than the answer
		p.spread(pub, e)
	}
}

// bootstrapped reports whether a tor that hosts has joined the network. p.mu
// is held.
func (p *Pool) bootstrapped() bool {
	for _, m := range p.members {
		if m.hosts && m.state == stateUp && m.percent == 100 {
			return true
		}
	}
	return false
}
