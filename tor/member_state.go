package tor

import (
	"errors"
	"os"
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
	p.broadcast()
	p.notify("")
	p.dispatch()
	p.scaleDown()
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
		p.notify("")
	}
	if m.silent.IsZero() {
		m.silent = time.Now()
	}
	m.failure = err
	overdue := !m.foreign && m.state != stateDead && time.Since(m.silent) > p.o.HangLimit
	pid := m.pid
	p.broadcast()
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

// dead records that the process has ended: nothing is hosted there, and
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
	clear(m.met)
	m.uploads = uploads{}
	for _, pub := range p.pubs {
		if pub.member == m && pub.phase == phaseWaiting {
			p.requeue(pub)
		}
	}
	p.broadcast()
	p.notify("")
	p.dispatch()
	if had > 0 {
		m.log.Warn("tor has ended", "onions", had)
	}
}

// wake asks the goroutine of the member to ping the tor.
func (m *member) wake() {
	select {
	case m.woken <- struct{}{}:
	default:
	}
}
