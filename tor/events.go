package tor

import (
	"context"
	"fmt"
	"time"

	"github.com/cretz/bine/control"
)

// pingEvery is how often a tor that is not talked to is asked for a sign of
// life.
const pingEvery = 15 * time.Second

// follow reads the events of the tor until the connection ends, the process
// ends, the tor no longer answers, or ctx ends.
func (m *member) follow(ctx context.Context, events *session) error {
	_ = events.net.SetDeadline(time.Time{})
	broken := make(chan error, 1)
	go func() {
		for {
			resp, err := events.bine.ReadResponse()
			if err != nil {
				broken <- fmt.Errorf("%w: events: %w", errNoAnswer, err)
				return
			}
			if resp.IsAsync() { // else it answers to a circuit that was closed
				events.discard(m.event(resp.Reply))
			}
		}
	}()
	defer func() {
		events.close()
		<-broken //nolint:errcheck // it was read already, or is the close above
	}()
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case err := <-broken:
			broken <- err
			return err
		case <-ctx.Done():
			return ctx.Err()
		case <-m.child.ended():
			return ErrEnded
		case <-tick.C:
		case <-m.woken:
		}
		if err := m.ping(ctx); err != nil {
			return err
		}
	}
}

// ping asks the tor for a sign of life.
func (m *member) ping(ctx context.Context) error {
	return m.link.do(ctx, func(s *session) error {
		phase, err := s.info(ctx, "status/bootstrap-phase")
		if err == nil {
			m.bootstrapped(progress(phase))
		}
		return err
	})
}

// event records one asynchronous event and returns the circuits to close
// in consequence. Events about onions that this tor visits, rather than hosts,
// are none of ours.
func (m *member) event(text string) (spent []string) {
	var kind string
	for i := range text {
		if text[i] == ' ' {
			kind, text = text[:i], text[i+1:]
			break
		}
	}
	switch control.EventCode(kind) {
	case control.EventCodeHSDesc:
		e := control.ParseHSDescEvent(text)
		m.upload(e.Address, e.Action)
	case control.EventCodeStatusClient:
		if percent := progress(text); percent > 0 {
			m.bootstrapped(percent)
		}
	case control.EventCodeStream:
		return m.stream(control.ParseStreamEvent(text))
	}
	return nil
}

// upload records what became of a descriptor on its way to one of its
// directories. Some may refuse it; the first that has it makes room for the
// next onion.
func (m *member) upload(id, action string) {
	p := m.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	e := m.onions[id]
	if e == nil {
		return
	}
	pub := p.pubs[id+onionTLD]
	if pub != nil && (pub.member != m || pub.phase != phaseWaiting) {
		pub = nil // its events are none of that publication's
	}
	switch action {
	case "UPLOAD":
		e.begun++
		if pub != nil && pub.hastened { // it tries others
			p.wait(pub)
		}
		return
	case "FAILED":
		e.refused++
		if pub != nil {
			p.hasten(pub, e)
		}
	case "UPLOADED":
		e.stored++
		if !e.published {
			e.published = true
			m.free(e)
			if p.pubs[id+onionTLD] == nil { // settle tells of those that somebody waits for
				p.notify(id + onionTLD)
			}
			p.dispatch()
		}
	}
	if pub != nil && pub.phase == phaseWaiting {
		p.spread(pub, e)
	}
}

func (m *member) bootstrapped(percent int) {
	p := m.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	if m.percent == percent {
		return
	}
	m.percent = percent
	p.broadcast()
	if percent == 100 {
		p.notify("")
		p.dispatch()
	}
}

// subscriber collects what to notify until its reader comes.
type subscriber struct {
	pending map[string]struct{} // guarded by Pool.mu
	wake    chan struct{}
}

// tell notifies the subscribers of an address, or of everything for "". p.mu
// is held.
func (p *Pool) notify(addr string) {
	for s := range p.watch {
		s.pending[addr] = struct{}{}
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
}

// Events implements [services.Onions]. Notifications that come faster than
// notify returns are merged.
func (p *Pool) Events(ctx context.Context, notify func(address string)) error {
	s := &subscriber{pending: map[string]struct{}{}, wake: make(chan struct{}, 1)}
	p.mu.Lock()
	p.watch[s] = struct{}{}
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.watch, s)
		p.mu.Unlock()
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.ctx.Done():
			return unavailable(context.Canceled)
		case <-s.wake:
		}
		p.mu.Lock()
		pending := s.pending
		s.pending = map[string]struct{}{}
		p.mu.Unlock()
		for addr := range pending {
			notify(addr)
		}
	}
}
