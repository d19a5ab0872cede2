package tor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"
)

// member is one tor of the pool and the goroutine that keeps it.
type member struct {
	pool    *Pool
	log     *slog.Logger
	name    string
	control string
	place   place // of a managed tor
	hosts   bool  // onions are placed on it; otherwise it is only for opening them
	foreign bool  // somebody else runs it
	link    *link
	cancel  context.CancelFunc
	left    chan struct{} // closed when the goroutine has ended
	woken   chan struct{} // asks the goroutine to ping the tor

	// Guarded by pool.mu.
	state    memberState
	failure  error // why it is not up; nil before the first attempt has ended
	silent   time.Time
	pid      int
	percent  int // of the bootstrap
	draining bool
	onions   map[string]*entry // by id
	slots    int               // of them, that have a slot
	next     *reading          // of the list of onions, to be joined; may be nil
	socks    string            // a path, or host:port
	probes   int               // under way
	tainted  map[string]struct{}
	met      map[string]struct{} // private onions that were visited since the last NEWNYM
	visiting map[string]int      // visits under way, by id: of guests, or below zero of a stranger
	newnym   time.Time           // when the last one took effect
	uploads  uploads             // of a managed tor
	pow      bool                // it takes proof of work in ADD_ONION, as far as is known

	child *child // the tor that runs, if we started it; only for the member's goroutine
}

// live keeps the tor running and connected until ctx ends.
func (m *member) live(ctx context.Context) {
	failures := 0
	for ctx.Err() == nil {
		began := time.Now()
		err := m.attach(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > time.Minute {
			failures = 0
		}
		m.lost(err)
		if pause(ctx, backoff(failures)) != nil {
			return
		}
		failures++
	}
}

// attach is one connected life: find or start the process, connect, learn
// what it hosts, follow its events until something breaks.
func (m *member) attach(ctx context.Context) error {
	m.link.reset()
	started, err := m.ensure(ctx)
	if err != nil {
		return err
	}
	events, err := m.connect(ctx)
	if err != nil {
		return err
	}
	defer events.close()
	if err := m.learn(ctx, events); err != nil {
		return err
	}
	if !m.foreign && !started {
		if err := m.reload(ctx); err != nil {
			return err
		}
	}
	m.up()
	return m.follow(ctx, events)
}

// ensure makes sure that a managed tor runs, and reports whether it had to be
// started.
func (m *member) ensure(ctx context.Context) (bool, error) {
	if m.foreign {
		return false, nil
	}
	pid, started := findProcess(m.place.torrc), false
	if pid == 0 {
		m.dead()
		if err := m.place.prepare(m.torrc(), m.pool.o.Account); err != nil {
			return false, fmt.Errorf("prepare a tor: %w", err)
		}
		c, err := startProcess(ctx, m.pool.o.TorPath, m.place, m.pool.o.Account)
		if err != nil {
			return false, err
		}
		m.child, pid, started = c, c.pid, true
		m.log.Info("tor started", "pid", pid)
	}
	m.pool.mu.Lock()
	defer m.pool.mu.Unlock()
	if !started && pid != m.pid {
		m.child = nil // it is not ours; its connection tells of its end
	}
	m.pid = pid
	return started, ctx.Err()
}

func (m *member) torrc() string {
	owner := 0
	if m.pool.o.Tied {
		owner = os.Getpid()
	}
	return m.place.render(m.pool.o.TorrcInclude, owner)
}

// connect dials the connection for events. A tor that was just started, by an
// earlier process perhaps, needs a moment until its socket is there. One that
// takes the connection and says nothing hangs: every attempt counts towards the
// time after which it is ended.
func (m *member) connect(ctx context.Context) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, m.pool.o.StartTimeout)
	defer cancel()
	for {
		s, err := dialSession(ctx, m.control, m.pool.o.CallTimeout)
		if err == nil {
			return s, nil
		}
		switch {
		case m.foreign:
			return nil, err
		case !m.alive():
			return nil, fmt.Errorf("%w: %s", ErrEnded, complaints(m.place, m.child))
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil, err
		}
		if pause(ctx, 20*time.Millisecond) != nil {
			return nil, err
		}
	}
}

// alive reports whether the process of a managed tor runs.
func (m *member) alive() bool {
	m.pool.mu.Lock()
	pid := m.pid
	m.pool.mu.Unlock()
	return running(pid, m.place.torrc)
}
