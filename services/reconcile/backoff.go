package reconcile

import (
	"maps"
	"time"

	"onionbot/services"
)

// Backoff is the pause of a step after failures.
type Backoff struct {
	Failures  int       // in a row
	NotBefore time.Time // the step is not planned before this
	EndedAt   time.Time // when it ended last
}

// What an actor does beside the steps of a plan has its back-off as well.
const (
	stepRead StepKind = "read" // read the row
	stepTell StepKind = "tell" // write down that Docker or tor is silent
)

// failed notes a failure of a step: the next attempt waits, each time longer.
func (m *Memo) failed(p *services.Policy, kind StepKind, err error, now time.Time) {
	b := m.Backoff[kind]
	b.Failures++
	b.NotBefore, b.EndedAt = now.Add(pauseAfter(p, kind, err, b.Failures)), now
	m.set(kind, b)
}

// succeeded notes a success. A step that succeeds and is wanted again at once
// has changed nothing, so that a short pause follows.
func (m *Memo) succeeded(p *services.Policy, kind StepKind, now time.Time) {
	b := Backoff{EndedAt: now}
	if kind == StepRun {
		b.Failures = m.Backoff[kind].Failures // until the app has run for a while
	}
	if last := m.Backoff[kind].EndedAt; !last.IsZero() && now.Sub(last) < p.RepairBackoff {
		b.NotBefore = now.Add(p.RepairBackoff)
	}
	m.set(kind, b)
}

// wait keeps a step from being planned before a time.
func (m *Memo) wait(kind StepKind, until time.Time) {
	b := m.Backoff[kind]
	b.NotBefore = until
	m.set(kind, b)
}

// forgetPause lets a step be tried at once, and keeps count of its failures.
func (m *Memo) forgetPause(kind StepKind) { m.wait(kind, time.Time{}) }

// forget ends the back-off of a step.
func (m *Memo) forget(kind StepKind) {
	if _, ok := m.Backoff[kind]; ok {
		m.Backoff = maps.Clone(m.Backoff)
		delete(m.Backoff, kind)
	}
}

func (m *Memo) set(kind StepKind, b Backoff) {
	m.Backoff = maps.Clone(m.Backoff)
	if m.Backoff == nil {
		m.Backoff = make(map[StepKind]Backoff)
	}
	m.Backoff[kind] = b
}

// mayTry reports whether the step's pause is over.
func (m *Memo) mayTry(kind StepKind, now time.Time) bool {
	return !now.Before(m.Backoff[kind].NotBefore)
}

// absentPauses is how many first pauses long the longest one is while Docker
// or tor does not answer: their return is to be noticed soon.
const absentPauses = 10

// imagePauses is how many longest pauses long the longest one is between two
// builds of an image: they are costly, and what fails them lasts.
const imagePauses = 15

// pauseAfter is how long a step waits after its n-th failure in a row (n from 1).
func pauseAfter(p *services.Policy, kind StepKind, err error, n int) time.Duration {
	if kind == StepProbe || kind == StepVerifyGone {
		return p.ProbeRetry * time.Duration(min(n, 30))
	}
	longest := p.MaxBackoff
	switch faultOf(services.FaultNone, err) {
	case services.FaultDocker, services.FaultTor:
		longest = min(longest, absentPauses*p.RepairBackoff)
	case services.FaultImage:
		longest = imagePauses * p.MaxBackoff
	}
	d := p.RepairBackoff
	for i := 1; i < n && d < longest; i++ {
		d *= 2
	}
	return min(d, longest)
}
