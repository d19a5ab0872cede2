package tor

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"onionbot/services"
)

// newnymEvery is how often tor heeds NEWNYM.
const newnymEvery = 10 * time.Second

// checkLimit bounds the question whether the tor that probed is sound.
const checkLimit = 3 * time.Second

// Probe implements [services.Onions]. It is one attempt on circuits of its
// own, bounded by ctx, through a tor that does not host the onion where there
// is one. What its failure means is said at [Pool.judge].
//
// A tor remembers for a quarter of an hour which directories did not have a
// descriptor, and for two minutes which introduction points failed, and does
// not ask again. So the next probe of an address that failed goes through
// another tor, or has the tor forget first (SIGNAL NEWNYM), for which it may
// wait up to ten seconds.
func (p *Pool) Probe(ctx context.Context, onion services.Onion, port int, kind services.ProbeKind) error {
	id, err := onionID(onion.Address)
	if err != nil {
		return err
	}
	m, socks, stale := p.prober(id, guest)
	if m == nil {
		return unavailable(errors.New("no tor to probe with is ready"))
	}
	defer p.probed(m, id, guest)
	if stale {
		if err := m.forget(ctx); err != nil {
			return unavailable(err)
		}
	}
	leave, err := m.admit(ctx, onion, id)
	if err != nil {
		return unavailable(err)
	}
	defer leave()
	err = p.attempt(ctx, m, id, func(ctx context.Context, isolation string) error {
		return visit(ctx, socks, isolation, onion.Address, port, kind)
	})
	m.remember(id, err != nil && !services.IsCode(err, services.CodeBusy))
	return err
}

// isolate is a name for streams that share no circuit with any other.
func isolate(what string) string { return what + "-" + crand.Text() }

// patience is how long the first visit to an onion that no tor has is waited
// for alone. An introduction point that has not yet heard of its end takes the
// visitor's word, and then he waits for a service that is not there any more.
const patience = 4 * time.Second

// attempt visits the onion, and judges what comes of it. One that should be gone
// is visited a second time beside the first when that lasts; the first certain
// answer counts. One that is there is visited once: its visitors are counted.
func (p *Pool) attempt(ctx context.Context, m *member, id string, visit func(ctx context.Context, isolation string) error) error {
	type result struct {
		isolation string
		err       error
	}
	results := make(chan result, 2)
	visiting, leave := context.WithCancel(ctx)
	defer leave()
	begin := func() {
		isolation := isolate("probe")
		go func() { results <- result{isolation, visit(visiting, isolation)} }()
	}
	var again <-chan time.Time
	p.mu.Lock()
	if host, _ := p.hostOf(id); host == nil {
		again = time.After(patience)
	}
	p.mu.Unlock()
	begin()
	for under := 1; ; {
		select {
		case <-again:
			again = nil
			under++
			begin()
		case r := <-results:
			err := p.judge(ctx, m, id, r.isolation, r.err)
			if under--; under == 0 || err == nil || services.IsCode(err, services.CodeClosed) || services.IsCode(err, services.CodeBusy) {
				return err
			}
		}
	}
}

// prober chooses the tor with the fewest probes under way, of those that do
// not host the onion; among equals by chance, so that nobody on the way sees
// all the regular visits. stale reports that it remembers an earlier failure.
func (p *Pool) prober(id string, as visitor) (best *member, socks string, stale bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	rank := func(m *member) int {
		r := m.probes
		if m.stale(id, as) {
			r += 1 << 10
		}
		if m.onions[id] != nil {
			r += 1 << 20 // only where there is no other
		}
		return r
	}
	others, equals := false, 0
	for _, m := range p.members {
		others = others || m.onions[id] == nil
		if m.state != stateUp || m.percent < 100 || m.socks == "" || !m.takes(id, as) {
			continue
		}
		switch {
		case best == nil || rank(m) < rank(best):
			best, equals = m, 1
		case rank(m) == rank(best):
			if equals++; rand.IntN(equals) == 0 { //nolint:gosec // not a secret
				best = m
			}
		}
	}
	if best == nil || best.onions[id] != nil && others {
		return nil, "", false // another tor exists, and is not ready
	}
	best.arrive(id, as)
	stale = best.stale(id, as)
	return best, best.socks, stale
}

func (p *Pool) probed(m *member, id string, as visitor) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m.depart(id, as)
	p.scaleDown()
}

// maxTainted bounds what is remembered of failures. Forgetting early costs a
// probe that fails for nothing.
const maxTainted = 4096

// remember records whether the tor has failed to open the onion.
func (m *member) remember(id string, failed bool) {
	m.pool.mu.Lock()
	defer m.pool.mu.Unlock()
	if !failed {
		delete(m.tainted, id)
		return
	}
	if len(m.tainted) >= maxTainted {
		clear(m.tainted)
	}
	m.tainted[id] = struct{}{}
}

// forget makes the tor forget what it knows of onions that it visited. What it
// hosts is not touched.
func (m *member) forget(ctx context.Context) error {
	for {
		m.pool.mu.Lock()
		wait := newnymEvery - time.Since(m.newnym)
		m.pool.mu.Unlock()
		if wait <= 0 {
			break
		}
		if err := pause(ctx, wait); err != nil {
			return fmt.Errorf("wait until tor may forget: %w", err)
		}
	}
	return m.link.do(ctx, func(s *session) error {
		m.pool.mu.Lock()
		recent := time.Since(m.newnym) < newnymEvery // somebody was faster
		m.pool.mu.Unlock()
		if recent {
			return nil
		}
		if _, err := s.request(ctx, "SIGNAL", "NEWNYM"); err != nil {
			return err
		}
		m.pool.mu.Lock()
		defer m.pool.mu.Unlock()
		m.forgotten()
		return nil
	})
}

// judge says what the failure of a visit means.
//
//   - [services.CodeUnavailable]: nothing, since the tor that made the attempt,
//     or its network, is broken, or it has no key for a private onion.
//   - [services.CodeClosed]: tor asked every directory and none has the
//     descriptor (0xF0), or every introduction point that the descriptor names
//     turned it away (0xF2).
//   - [services.CodeBusy]: the circuit to the service was joined, so the onion
//     is there, and the service did not take this stream: a refusal (0x01 and
//     0x05 come for a socket that is missing, has no listener or has a full
//     queue, and for a port that the onion does not have), an end before the
//     first word, or HTTP's 503.
//   - Without a code nothing is known: the context ended; the introductions
//     (0xF7) or the rendezvous (0xF3) took too long, which is what a slow
//     network is like too; the answer is not what the kind asks for.
func (p *Pool) judge(ctx context.Context, m *member, id, isolation string, failed error) error {
	if failed == nil {
		return nil
	}
	if errors.Is(failed, socksNoKey) || errors.Is(failed, socksWrongKey) {
		return unavailable(failed) // it is there, or was; we have no key to see
	}
	joined, broken := m.sound(ctx, id, isolation, failed)
	if broken != nil {
		return unavailable(broken)
	}
	failed = fmt.Errorf("probe: %w", failed)
	refused := errors.As(failed, new(SOCKSError))
	switch {
	case errors.Is(failed, socksNoDescriptor) || errors.Is(failed, socksNoIntroduction):
		return services.Wrap(services.CodeClosed, failed)
	case errors.Is(failed, errTurnedAway), refused && joined:
		return services.Wrap(services.CodeBusy, failed)
	}
	return failed
}

// sound returns an error if a probe's failure is the prober's own: its SOCKS
// port or control connection does not answer, or it has no network. joined
// reports that the circuit of the probe had been joined to the service.
func (m *member) sound(ctx context.Context, id, isolation string, failed error) (joined bool, err error) {
	if errors.Is(failed, errProxy) {
		m.wake()
		return false, failed
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkLimit)
	defer cancel()
	err = m.link.do(ctx, func(s *session) error {
		for _, key := range []string{"network-liveness", "status/circuit-established"} {
			value, err := s.info(ctx, key)
			if err != nil {
				return err
			}
			if value == "down" || value == "0" {
				return fmt.Errorf("%s has no network", m.name)
			}
		}
		joined, err = s.joined(ctx, id, isolation)
		return err
	})
	return joined, err
}
