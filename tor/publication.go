package tor

import (
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
	phaseLeaving              // it is taken from that tor, to be added anew
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
	failed  int           // attempts whose upload did not come
	avoid   *member       // the tor of the last one; nil before

	spreading bool // the first directory has it
	hastened  bool // every directory so far has refused it
}

// begin makes a publication. p.mu is held.
func (p *Pool) begin(spec services.OnionSpec, id string) *publication {
	pub := &publication{spec: spec, id: id, done: make(chan struct{})}
	p.pubs[spec.Onion.Address] = pub
	return pub
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

// attempts is how many tors, one after the other, may try to upload the
// descriptor of one publication.
const attempts = 2

// wait bounds the wait for the upload. p.mu is held.
func (p *Pool) wait(pub *publication) {
	pub.phase, pub.hastened = phaseWaiting, false
	p.limit(pub, p.o.PublishTimeout)
}

// limit sets when the wait is over. p.mu is held.
func (p *Pool) limit(pub *publication, d time.Duration) {
	if pub.limit != nil {
		pub.limit.Stop()
	}
	pub.limit = time.AfterFunc(d, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if pub.phase == phaseWaiting {
			p.fail(pub)
		}
	})
}

// hasten shortens the wait when every directory has refused the descriptor: the
// tor would not ask them again for a quarter of an hour. A moment is left for
// uploads that are about to begin. p.mu is held.
func (p *Pool) hasten(pub *publication, e *entry) {
	if e.begun > 0 && e.stored == 0 && e.refused >= e.begun {
		pub.hastened = true
		p.limit(pub, p.o.PublishTimeout/15)
	}
}

// fail ends an attempt whose upload did not come. Another one follows where
// there may be one, on another tor if there is one, as soon as this tor has let
// go of the onion. p.mu is held.
func (p *Pool) fail(pub *publication) {
	m := pub.member
	if pub.failed++; pub.failed >= attempts || pub.waiters == 0 || p.closed {
		p.settle(pub, errNoUpload)
		p.dispatch()
		return
	}
	m.log.Warn("no descriptor was uploaded; another attempt is made")
	pub.avoid = m
	p.move(pub)
}

// move takes an onion off its tor, and publishes it from the beginning once the
// tor has let go of it. p.mu is held.
func (p *Pool) move(pub *publication) {
	m := pub.member
	pub.phase = phaseLeaving
	p.tasks.Go(func() {
		err := m.remove(p.ctx, pub.id)
		p.mu.Lock()
		defer p.mu.Unlock()
		switch {
		case pub.phase != phaseLeaving: // it was settled meanwhile
		case err != nil:
			p.settle(pub, unavailable(err))
		default:
			p.requeue(pub)
		}
		p.dispatch()
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
		p.notify(pub.spec.Onion.Address)
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
	pub.phase, pub.member, pub.spreading, pub.hastened = phaseQueued, nil, false, false
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
		p.dispatch()
	}
	return err
}
