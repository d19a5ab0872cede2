package tor

import (
	"context"
	"fmt"
	"slices"
)

// scaleUp adds a managed tor when each one that could take the queued onions has
// its fill. p.mu is held.
func (p *Pool) scaleUp() {
	if p.closed || p.queue.empty() || len(p.o.ControlSockets) > 0 {
		return
	}
	hosts := 0
	for _, m := range p.members {
		if !m.hosts {
			continue
		}
		hosts++
		if m.state != stateUp || m.percent < 100 {
			return // what is there already is not in use yet
		}
		if len(m.onions) < p.o.MaxPerTor {
			return
		}
	}
	if hosts >= p.o.MaxSize {
		return
	}
	for i := 1; ; i++ {
		if name := fmt.Sprintf("t%d", i); p.member(name) == nil {
			p.log.Info("another tor is added", "tor", name)
			p.addManaged(name, true)
			return
		}
	}
}

// scaleDown lets tors that are not needed any more take no new onions, and ends
// the managed ones among them that have none left. p.mu is held.
func (p *Pool) scaleDown() {
	if p.closed {
		return
	}
	if len(p.o.ControlSockets) == 0 {
		p.slim()
	}
	for _, m := range slices.Clone(p.members) {
		if m.draining && m.state == stateUp && len(m.onions) == 0 && m.probes == 0 {
			p.retire(m)
		}
	}
}

// slim decides which tors are not needed any more. p.mu is held.
func (p *Pool) slim() {
	onions, hosts := 0, 0
	for _, m := range p.members {
		onions += len(m.onions)
		if m.hosts && !m.draining {
			hosts++
		}
	}
	for _, m := range slices.Backward(p.members) {
		if hosts > p.o.Size && m.hosts && !m.draining && onions <= (hosts-1)*p.o.MaxPerTor/2 {
			m.draining = true
			hosts--
		}
	}
}

// retire ends a tor that hosts nothing. One that belongs to the pool's size,
// and was only to be emptied for a new configuration, comes back with it. p.mu
// is held.
func (p *Pool) retire(m *member) {
	m.cancel()
	p.members = slices.DeleteFunc(slices.Clone(p.members), func(o *member) bool { return o == m })
	p.broadcast()
	p.tasks.Go(func() {
		<-m.left
		m.link.reset()
		if err := endProcess(context.WithoutCancel(p.ctx), findProcess(m.place.torrc), m.place.torrc, true); err != nil {
			m.log.Error("tor not ended", "error", err)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if m.belongs() && !p.closed {
			p.addManaged(m.name, m.hosts)
		}
	})
}

// belongs reports whether the pool's size asks for this tor.
func (m *member) belongs() bool {
	if sockets := len(m.pool.o.ControlSockets); sockets > 0 {
		return !m.hosts && sockets == 1
	}
	if !m.hosts {
		return m.pool.o.Size < 2
	}
	var n int
	_, err := fmt.Sscanf(m.name, "t%d", &n)
	return err == nil && n <= m.pool.o.Size
}
