package tor

import (
	"context"
	"errors"
)

// TorHealth tells how one tor does.
type TorHealth struct {
	Name        string
	PID         int // 0 when it does not run
	Foreign     bool
	Hosts       bool // onions are placed on it
	Draining    bool // it takes no new onions and ends when it has none
	Answering   bool
	Bootstrap   int // percent
	Onions      int
	Unpublished int
	ProofOfWork bool   // it asks visitors for one when too many come at once
	Problem     string // why it does not answer
}

// Health asks every tor for a sign of life and tells how each does.
func (p *Pool) Health(ctx context.Context) []TorHealth {
	_, _ = p.survey(ctx) // the states tell
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []TorHealth
	for _, m := range p.members {
		h := TorHealth{
			Name: m.name, PID: m.pid, Foreign: m.foreign, Hosts: m.hosts, Draining: m.draining,
			Answering: m.state == stateUp, Bootstrap: m.percent,
			Onions: len(m.onions), Unpublished: m.slots, ProofOfWork: m.pow,
		}
		if m.failure != nil {
			h.Problem = m.failure.Error()
		}
		list = append(list, h)
	}
	return list
}

// Pids returns the processes of the managed tors.
func (p *Pool) Pids() []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	var pids []int
	for _, m := range p.members {
		if !m.foreign && m.pid != 0 {
			pids = append(pids, m.pid)
		}
	}
	return pids
}

// Ping implements [services.Onions]. It does not wait: each tor's state is
// followed all the time.
func (p *Pool) Ping(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.bootstrapped() {
		return unavailable(errors.New("no tor has bootstrapped"))
	}
	return nil
}

// WaitReady waits until every tor of the pool that answers has bootstrapped,
// and at least one that hosts. progress, which may be nil, is told the lowest
// percentage whenever it changes.
func (p *Pool) WaitReady(ctx context.Context, progress func(percent int)) error {
	last := -1
	return p.await(ctx, func() (bool, error) {
		lowest, hosting := 100, false
		for _, m := range p.members {
			if m.state == stateUp {
				lowest = min(lowest, m.percent)
				hosting = hosting || m.hosts
			}
		}
		if !hosting {
			lowest = 0
		}
		if lowest != last && progress != nil {
			progress(lowest)
		}
		last = lowest
		return lowest == 100, nil
	})
}
