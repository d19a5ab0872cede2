package reconcile

import (
	"maps"
	"time"

	"onionbot/services"
)

// Memo is what an actor remembers of its instance between two plans. It may
// be forgotten at any time without harm: then things are said twice or pauses
// begin anew. It is copied for jobs, so that its maps are replaced, never
// changed.
type Memo struct {
	Start    StartClock // how long the start has taken, until the first time it was reachable
	Shown    int        // revision of the content that is shown
	Keys     string     // of its owner, in one word; "" if it takes none
	KeysTold string     // those that the container was given last
	Unlisted bool       // its service has left the catalogue
	Unsafe   bool       // its app would have reached what it must not
	Exposed  bool       // it is private, and strangers could open it

	News      int           // the app's count of news that was asked about
	NewsAt    time.Time     // when its owner was told last
	NewsPause time.Duration // before the next time

	OwnCount   bool          // an app counts by itself, so that opening the address is no visit
	CountAt    time.Time     // when its owner was told last what it has counted
	CountPause time.Duration // before the next time

	KeyMissing  bool      // the onion key was never on disk and is not in memory
	GoneSince   time.Time // since when it is checked that the address no longer opens
	GoneChecked bool      // the address was seen not to open, or the check was given up

	StuckSince time.Time          // since when the container is paused, deaf or unknown; zero if it is not
	Exited     bool               // the container was seen to have ended
	Exit       services.Container // how it ended last
	Crashes    int                // early exits of the app in a row
	SettleAt   time.Time          // when the app will have run long enough to count as mended; zero if nothing is to be mended
	Told       map[services.Fault]bool

	ForwardAtFirst time.Duration // how far the clock had been set forward when the instance was first seen
	Early          time.Duration // by how much a clock that was set forward brought its end closer

	Backoff map[StepKind]Backoff
}

// isStuck reports whether a container is there and of no use, without having
// ended.
func isStuck(s services.ContainerState) bool {
	switch s {
	case services.ContainerPaused, services.ContainerHung, services.ContainerUnknown:
		return true
	}
	return false
}

// see takes note of how the container is. It reports whether the app is seen
// to have ended for the first time.
func (m *Memo) see(p *services.Policy, inst *services.Instance, c services.Container, now time.Time) (ended bool) {
	switch {
	case !isStuck(c.State):
		m.StuckSince = time.Time{}
	case m.StuckSince.IsZero():
		m.StuckSince = now
	}
	if inst.State == services.StateReachable {
		m.Told = nil
	}
	m.SettleAt = time.Time{}
	switch {
	case c.State == services.ContainerExited && c.Exit == services.ExitApp:
		if ended = !m.Exited; ended {
			m.exited(p, c, now)
		}
	case c.State == services.ContainerRunning:
		m.Exited = false
		held := c.StartedAt.Add(p.EarlyExit)
		if !now.Before(held) {
			m.Crashes = 0
			m.forget(StepRun)
		}
		if m.Crashes > 0 || inst.Repairs > 0 {
			m.SettleAt = held
		}
	}
	return ended
}

// exited takes note of an end of the app. One soon after its start is a
// failure of the step that started it, and is held against the app unless it
// has no exit code: then the container went down with its engine, or somebody
// killed it from outside.
func (m *Memo) exited(p *services.Policy, c services.Container, now time.Time) {
	m.Exited, m.Exit = true, c
	if now.Sub(latest(c.StartedAt, m.Backoff[StepRun].EndedAt)) < p.EarlyExit {
		if c.ExitCode >= 0 || c.NoMemory {
			m.Crashes++
		}
		m.failed(p, StepRun, nil, now)
	}
}

// told takes note of a fault that the owner was told.
func (m *Memo) told(f services.Fault) {
	m.Told = maps.Clone(m.Told)
	if m.Told == nil {
		m.Told = make(map[services.Fault]bool)
	}
	m.Told[f] = true
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
