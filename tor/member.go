package tor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// memberState is what we can say of a tor.
type memberState int

const (
	// stateUnknown: it may run, and host onions of ours; it was never asked.
	stateUnknown memberState = iota
	// stateUp: it answers, and its onions are those in the map.
	stateUp
	// stateSilent: it was up and does not answer now. Since only we add to it,
	// it hosts nothing that is not in the map.
	stateSilent
	// stateDead: its process is known to have ended. It hosts nothing.
	stateDead
)

// entry is what is known of one onion on one tor.
type entry struct {
	published bool // an upload was seen, or it is presumed
	planned   bool // ADD_ONION is about to be sent
	doubtful  bool // ADD_ONION was sent and not answered; the tor may or may not have it
	slot      bool // it counts as unpublished in the tor's window
	begun     int  // uploads to single directories
	stored    int  // of those, that succeeded
	refused   int  // of those, that failed
}

// free gives the slot of an onion back. pool.mu is held.
func (m *member) free(e *entry) {
	if e.slot {
		e.slot = false
		m.slots--
	}
}

// drop forgets an onion that the tor does not have. pool.mu is held.
func (m *member) drop(id string) {
	if e := m.onions[id]; e != nil {
		m.free(e)
		delete(m.onions, id)
	}
}

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
	kick    chan struct{} // asks for a look at whether it answers

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
	newnym   time.Time // when the last one took effect
	uploads  uploads   // of a managed tor
	pow      bool      // it takes proof of work in ADD_ONION, as far as is known

	child *child // the tor that runs, if we started it; only for the member's goroutine
}

// live keeps the tor running and connected until ctx ends.
func (m *member) live(ctx context.Context) {
	failures := 0
	for ctx.Err() == nil {
		began := time.Now()
		err := m.session(ctx)
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

// session is one connected life: find or start the process, connect, learn
// what it hosts, follow its events until something breaks.
func (m *member) session(ctx context.Context) error {
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
		if err := m.conform(ctx); err != nil {
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

// connect dials the connection for events. A tor that was just started needs a
// moment until its socket is there.
func (m *member) connect(ctx context.Context) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, m.pool.o.StartTimeout)
	defer cancel()
	for {
		s, err := dialSession(ctx, m.control, m.pool.o.CallTimeout)
		if err == nil {
			return s, nil
		}
		if m.foreign {
			return nil, err
		}
		if !m.alive() {
			return nil, fmt.Errorf("%w: %s", ErrEnded, complaints(m.place, m.child))
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

// learn subscribes to the events and reads what the tor hosts, where its SOCKS
// port is and how far it has bootstrapped.
func (m *member) learn(ctx context.Context, events *session) error {
	kinds := []string{"SETEVENTS", "HS_DESC", "STATUS_CLIENT"}
	if !m.foreign { // a tor of somebody else has streams that are none of ours
		kinds = append(kinds, "STREAM")
	}
	if _, err := events.request(ctx, kinds...); err != nil {
		return err
	}
	return m.link.do(ctx, func(s *session) error {
		ids, err := s.onions(ctx)
		if err != nil {
			return err
		}
		phase, err := s.info(ctx, "status/bootstrap-phase")
		if err != nil {
			return err
		}
		version, err := s.info(ctx, "version")
		if err != nil {
			return err
		}
		if m.foreign {
			if err := m.locate(ctx, s); err != nil {
				return err
			}
		}
		m.pool.mu.Lock()
		defer m.pool.mu.Unlock()
		m.percent, m.pow = progress(phase), hasPoW(version)
		m.merge(ids)
		for _, e := range m.onions {
			if !e.planned { // its upload may have been missed; the probe is the proof
				m.free(e)
				e.published = true
			}
		}
		return nil
	})
}

// locate asks a tor of somebody else for its process and its SOCKS port.
func (m *member) locate(ctx context.Context, s *session) error {
	text, err := s.info(ctx, "process/pid")
	if err != nil {
		return err
	}
	listeners, err := s.info(ctx, "net/listeners/socks")
	if err != nil {
		return err
	}
	m.pool.mu.Lock()
	defer m.pool.mu.Unlock()
	m.pid, _ = strconv.Atoi(text)
	for field := range strings.FieldsSeq(listeners) {
		addr := strings.Trim(field, `"`)
		m.socks = strings.TrimPrefix(addr, "unix:")
		if !strings.HasPrefix(addr, "unix:") {
			return nil // an ordinary port asks for no permission on a file
		}
	}
	return nil
}

// up makes the member known as answering.
func (m *member) up() {
	p := m.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	m.state, m.failure = stateUp, nil
	for id := range m.onions {
		if pub := p.pubs[id+onionTLD]; pub != nil && pub.member == m && m.onions[id].published {
			p.settle(pub, nil)
		}
	}
	p.note()
	p.tell("")
	p.pump()
	p.shrink()
}

// lost makes the member known as not answering, or dead where that is certain.
func (m *member) lost(err error) {
	if m.foreign && m.foreignDead(err) {
		m.dead()
	}
	p := m.pool
	p.mu.Lock()
	if m.state == stateUp {
		m.state, m.silent = stateSilent, time.Now()
		p.tell("")
	}
	if m.silent.IsZero() {
		m.silent = time.Now()
	}
	m.failure = err
	overdue := !m.foreign && m.state != stateDead && time.Since(m.silent) > p.o.HangLimit
	pid := m.pid
	p.note()
	p.mu.Unlock()
	m.log.Warn("tor lost", "error", err)
	if overdue && running(pid, m.place.torrc) {
		m.log.Error("tor does not answer and is ended", "pid", pid)
		if err := endProcess(p.ctx, pid, m.place.torrc, false); err != nil {
			m.log.Error("tor not ended", "error", err)
		}
	}
}

// foreignDead reports whether a tor of somebody else has certainly ended: its
// socket has no listener and its process, if we ever knew it, is gone.
func (m *member) foreignDead(err error) bool {
	if !errors.Is(err, syscall.ECONNREFUSED) && !errors.Is(err, os.ErrNotExist) {
		return false
	}
	m.pool.mu.Lock()
	pid := m.pid
	m.pool.mu.Unlock()
	return pid == 0 || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

// dead takes note that the process has ended: nothing is hosted there, and
// what was waited for goes to another tor.
func (m *member) dead() {
	p := m.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	if m.state == stateDead {
		return
	}
	had := len(m.onions)
	m.state, m.percent, m.pid, m.silent = stateDead, 0, 0, time.Time{}
	for id := range m.onions {
		m.drop(id)
	}
	clear(m.tainted)
	m.uploads = uploads{}
	for _, pub := range p.pubs {
		if pub.member == m && pub.phase == phaseWaiting {
			p.requeue(pub)
		}
	}
	p.note()
	p.tell("")
	p.pump()
	if had > 0 {
		m.log.Warn("tor has ended", "onions", had)
	}
}

// look asks the member's goroutine to see whether it answers.
func (m *member) look() {
	select {
	case m.kick <- struct{}{}:
	default:
	}
}

// progress reads the percentage out of a bootstrap status.
func progress(status string) int {
	for word := range strings.FieldsSeq(status) {
		if text, ok := strings.CutPrefix(word, "PROGRESS="); ok {
			n, _ := strconv.Atoi(text)
			return n
		}
	}
	return 0
}
