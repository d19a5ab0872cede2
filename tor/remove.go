package tor

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Remove implements [services.Onions]. It succeeds when no tor has the onion
// and no visitor is joined to it any more. Who waits for its publication gets
// an error.
func (p *Pool) Remove(ctx context.Context, addr string) error {
	id, err := onionID(addr)
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.withdraw(addr)
	up, silent := p.askable()
	for _, m := range silent {
		if m.state == stateUnknown || m.onions[id] != nil {
			err = unavailable(fmt.Errorf("%s: %w", m.name, errNoAnswer))
		}
	}
	p.mu.Unlock()

	// All tors are asked, not only the one that is known to have it: circuits
	// may be left of an onion that an earlier call has deleted.
	errs := make([]error, len(up))
	var removing sync.WaitGroup
	for i, m := range up {
		removing.Go(func() { errs[i] = m.remove(ctx, id) })
	}
	removing.Wait()
	p.mu.Lock()
	p.dispatch()
	p.scaleDown()
	p.mu.Unlock()
	return errors.Join(append(errs, err)...)
}

// withdraw ends the publication of an onion that is removed. One that is being
// added is stopped before it is sent, or deleted after. p.mu is held.
func (p *Pool) withdraw(addr string) {
	pub := p.pubs[addr]
	if pub == nil {
		return
	}
	pub.removed = true
	if pub.phase != phaseAdding {
		p.settle(pub, errRemoved)
	}
}

// remove deletes the onion from this tor and closes what its visitors hold.
func (m *member) remove(ctx context.Context, id string) error {
	err := m.link.do(ctx, func(s *session) error {
		if err := s.del(ctx, id); err != nil {
			return err
		}
		if err := s.closeVisits(ctx, id); err != nil {
			return err
		}
		m.pool.mu.Lock()
		defer m.pool.mu.Unlock()
		if e := m.onions[id]; e != nil && !e.planned {
			m.drop(id)
		}
		return nil
	})
	if errors.Is(err, errNoAnswer) {
		m.wake()
		m.pool.mu.Lock()
		defer m.pool.mu.Unlock()
		if m.state == stateDead {
			return nil // with its process everything has ended
		}
		return unavailable(fmt.Errorf("%s: %w", m.name, err))
	}
	return err
}
