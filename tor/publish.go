package tor

import (
	"context"
	"errors"
	"fmt"

	"onionbot/services"
)

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
	for {
		pub, err := p.join(ctx, spec)
		if pub == nil || err != nil {
			return err
		}
		select {
		case <-pub.done:
			if pub.err != nil || pub.spec.Onion.Admits() == spec.Onion.Admits() {
				return pub.err
			} // else it was one for other clients, which this one replaces
		case <-ctx.Done():
			return p.leave(pub, ctx.Err())
		}
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
	m, e := p.hostOf(id)
	switch {
	case e == nil:
		if err := p.placeable(); err != nil {
			return nil, nil, err
		}
		pub = p.begin(spec, id)
		p.queue.push(pub)
		p.dispatch()
	case m.state != stateUp:
		return nil, nil, unavailable(fmt.Errorf("%w: it has the onion", errNoAnswer))
	case e.doubtful && !e.planned:
		return nil, m, nil
	case e.admits != spec.Onion.Admits():
		pub = p.begin(spec, id)
		pub.member = m
		p.move(pub)
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
