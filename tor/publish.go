package tor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"onionbot/services"
)

// phase is how far a publication has come.
type phase int

const (
	phaseQueued  phase = iota // no tor has it
	phaseAdding               // it was given to a tor, whose answer is awaited
	phaseWaiting              // a tor has it; its upload is awaited
	phaseSettled
)

// publication is one onion that somebody waits for.
type publication struct {
	spec    services.OnionSpec
	id      string
	phase   phase
	member  *member // nil while queued
	waiters int
	removed bool          // Remove was called meanwhile
	err     error         // set before done is closed
	done    chan struct{} // closed when it is settled
	limit   *time.Timer   // of the wait for the upload

	spreading bool // the first directory has it
}

// errRemoved is what those get who wait for an onion that is removed.
var errRemoved = errors.New("tor: the onion was removed")

// errNoUpload is returned when a tor has the onion and no directory took its
// descriptor in time.
var errNoUpload = errors.New("tor: the descriptor was not uploaded in time")

// Publish implements [services.Onions]. Calls for one address join. When the
// context ends in the queue, the onion is on no tor; when it ends later, the
// onion stays on its tor and may still come up, until it is removed. Onions of
// no owner are placed when no owner waits.
func (p *Pool) Publish(ctx context.Context, spec services.OnionSpec) error {
	if err := checkSpec(spec); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("tor: publish: %w", err)
	}
	if err := p.introduce(ctx, spec.Onion); err != nil {
		return err
	}
	pub, err := p.join(ctx, spec)
	if pub == nil || err != nil {
		return err
	}
	select {
	case <-pub.done:
		return pub.err
	case <-ctx.Done():
		return p.leave(pub, ctx.Err())
	}
}

// join returns the publication to wait for, nil if the onion is published.
func (p *Pool) join(ctx context.Context, spec services.OnionSpec) (*publication, error) {
	id, _ := onionID(spec.Onion.Address) // was checked
	for {
		pub, doubtful, err := p.joinOnce(id, spec)
		if doubtful == nil {
			return pub, err
		}
		if err := doubtful.refresh(ctx); err != nil {
			return nil, unavailable(err)
		}
	}
}

// joinOnce does so from what is known. When a tor has to be asked first, it is
// returned.
func (p *Pool) joinOnce(id string, spec services.OnionSpec) (pub *publication, doubtful *member, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, nil, unavailable(errors.New("the pool is closed"))
	}
	if pub := p.pubs[spec.Onion.Address]; pub != nil {
		pub.waiters++
		return pub, nil, nil
	}
	m, e := p.home(id)
	switch {
	case e == nil:
		if err := p.placeable(); err != nil {
			return nil, nil, err
		}
		pub = p.begin(spec, id)
		p.queue.push(pub)
		p.pump()
	case m.state != stateUp:
		return nil, nil, unavailable(fmt.Errorf("%w: it has the onion", errNoAnswer))
	case e.doubtful && !e.planned:
		return nil, m, nil
	case e.published:
		return nil, nil, nil
	default:
		pub = p.begin(spec, id)
		pub.member = m
		p.wait(pub)
	}
	pub.waiters++
	return pub, nil, nil
}

// begin makes a publication. p.mu is held.
func (p *Pool) begin(spec services.OnionSpec, id string) *publication {
	pub := &publication{spec: spec, id: id, done: make(chan struct{})}
	p.pubs[spec.Onion.Address] = pub
	return pub
}

// home returns the tor that has the onion or may have it. p.mu is held.
func (p *Pool) home(id string) (*member, *entry) {
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

// pump gives queued publications to tors that have room. p.mu is held.
func (p *Pool) pump() {
	for !p.closed && !p.queue.empty() && p.placeable() == nil {
		m := p.roomiest()
		if m == nil {
			break
		}
		pub := p.queue.pop()
		if home, e := p.home(pub.id); e != nil { // it was found on a tor meanwhile
			pub.member = home
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
	p.grow()
}

// roomiest returns the least loaded tor that takes another onion now, nil if
// none does. Those that are to be emptied come last. p.mu is held.
func (p *Pool) roomiest() *member {
	var best *member
	for _, m := range p.members {
		if !m.hosts || m.state != stateUp || m.percent < 100 || m.slots >= p.o.Window {
			continue
		}
		switch {
		case best == nil, best.draining && !m.draining:
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
		}
		return err
	})
	if errors.Is(err, errNoAnswer) {
		m.look()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.added(pub, m, e, there, err)
	p.pump()
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
	case there:
		e.published = true
		m.free(e)
		p.settle(pub, nil)
	default:
		p.wait(pub)
		p.spread(pub, e) // events can be faster than the answer
	}
}

// spreadLimit bounds the wait for more directories after the first.
const spreadLimit = time.Second

// spread settles a publication once half of the directories have the
// descriptor, of those that did not refuse it, or a moment after the first has
// it. A visitor asks a few of them, one after the other; a tor that was refused
// by all does not ask again for a quarter of an hour. p.mu is held.
func (p *Pool) spread(pub *publication, e *entry) {
	switch {
	case !e.published:
	case 2*e.stored >= e.begun-e.refused:
		p.settle(pub, nil)
	case !pub.spreading:
		pub.spreading = true
		pub.limit.Stop()
		pub.limit = time.AfterFunc(spreadLimit, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			if pub.phase == phaseWaiting && pub.spreading {
				p.settle(pub, nil)
			}
		})
	}
}

// wait bounds the wait for the upload. p.mu is held.
func (p *Pool) wait(pub *publication) {
	pub.phase = phaseWaiting
	pub.limit = time.AfterFunc(p.o.PublishTimeout, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if pub.phase == phaseWaiting {
			p.settle(pub, errNoUpload)
			p.pump()
		}
	})
}

// settle ends a publication for all who wait. p.mu is held.
func (p *Pool) settle(pub *publication, err error) {
	if pub.phase == phaseSettled {
		return
	}
	switch {
	case pub.phase == phaseQueued:
		p.queue.remove(pub)
	case pub.member.onions[pub.id] != nil && pub.phase == phaseWaiting:
		pub.member.free(pub.member.onions[pub.id])
	}
	if pub.limit != nil {
		pub.limit.Stop()
	}
	pub.phase, pub.err = phaseSettled, err
	delete(p.pubs, pub.spec.Onion.Address)
	close(pub.done)
	if err == nil {
		p.tell(pub.spec.Onion.Address)
	}
}

// requeue puts a publication back whose tor has died. p.mu is held.
func (p *Pool) requeue(pub *publication) {
	if pub.limit != nil {
		pub.limit.Stop()
	}
	if pub.waiters == 0 || p.closed {
		p.settle(pub, unavailable(ErrEnded))
		return
	}
	pub.phase, pub.member, pub.spreading = phaseQueued, nil, false
	p.queue.push(pub)
}

// leave is for a waiter whose time is over. The last one ends the publication.
func (p *Pool) leave(pub *publication, cause error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pub.phase == phaseSettled {
		return pub.err
	}
	pub.waiters--
	err := fmt.Errorf("tor: publish: %w", cause)
	if pub.phase == phaseQueued && !p.bootstrapped() {
		err = unavailable(err)
	}
	if pub.waiters == 0 {
		p.settle(pub, err)
		p.pump()
	}
	return err
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
