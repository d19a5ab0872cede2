package reconcile

import (
	"time"

	"onionbot/services"
)

// startPhase says what a start spends its time with.
type startPhase string

const (
	phaseTrying   startPhase = "trying"   // it could go on: this counts against the start limit
	phaseQueued   startPhase = "queued"   // it waits for its turn here, which is nobody's fault
	phaseAbsent   startPhase = "absent"   // Docker or tor does not answer
	phaseBuilding startPhase = "building" // its image is being built
)

// StartClock measures a start, so that only time in which it could have gone
// on counts against it. It is a value: entering a phase makes a new one.
type StartClock struct {
	Phase   startPhase
	Missing services.Fault // in phaseAbsent: what does not answer
	Since   time.Time      // when the phase began, or when it was counted last
	Spent   time.Duration  // of the start limit
	Absent  time.Duration  // of the limit of waiting for Docker and tor
}

// longestStretch bounds what is counted at once. An actor looks more often, so
// more than this means that the clock was set or the machine slept.
const longestStretch = 2 * time.Minute

// at is the clock with the time until now counted.
func (c StartClock) at(now time.Time) StartClock {
	d := max(min(now.Sub(c.Since), longestStretch), 0)
	switch {
	case c.Since.IsZero():
	case c.Phase == phaseTrying:
		c.Spent += d
	case c.Phase == phaseAbsent:
		c.Absent += d
	}
	c.Since = now
	return c
}

// enter begins a phase.
func (c StartClock) enter(phase startPhase, missing services.Fault, now time.Time) StartClock {
	c = c.at(now)
	c.Phase, c.Missing = phase, missing
	return c
}

// limit is when time alone would end the start; zero if it would not.
func (c StartClock) limit(p *services.Policy, now time.Time) time.Time {
	c = c.at(now)
	switch c.Phase {
	case phaseTrying:
		return now.Add(p.StartLimit - c.Spent)
	case phaseAbsent:
		return now.Add(p.AbsentLimit - c.Absent)
	}
	return time.Time{}
}
