package reconcile

import (
	"context"
	"sync/atomic"

	"onionbot/services"
)

// job is one step under way. It works on copies; what it wants remembered is
// written by the actor when the job has ended.
type job struct {
	step   Step
	inst   *services.Instance
	memo   Memo
	cancel context.CancelFunc
	wake   func() // the actor
	notes  []func(*Memo)
	phase  atomic.Value // startPhase: what it waits for, as far as a start is measured
}

// remember has the actor's memo changed when the job has ended.
func (j *job) remember(fn func(*Memo)) { j.notes = append(j.notes, fn) }

// enter says what the job waits for; phaseTrying for nothing. The actor looks,
// so that its start clock is right.
func (j *job) enter(phase startPhase) {
	if j.phase.Swap(phase) != phase {
		j.wake()
	}
}

// waitsFor is what the job waits for.
func (j *job) waitsFor() startPhase {
	if phase, ok := j.phase.Load().(startPhase); ok {
		return phase
	}
	return phaseTrying
}
