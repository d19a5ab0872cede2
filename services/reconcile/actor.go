package reconcile

import (
	"context"
	"sync/atomic"
	"time"

	"onionbot/services"
)

// actor is the one worker of an instance: nothing else acts on its container
// or onion. It runs steps that do not depend on each other at the same time,
// one per lane, and looks again after each.
type actor struct {
	r        *Reconciler
	id       string
	woken    chan struct{}
	done     chan outcome
	busy     map[lane]*job
	memo     Memo
	unseen   map[services.Fault]time.Time // since when Docker or tor did not answer
	nextWake atomic.Int64                 // unix milliseconds of the wall clock; 0 = none
	address  atomic.Value                 // string
}

// lane names steps that must not run at the same time.
type lane string

var lanes = map[StepKind]lane{ //nolint:gochecknoglobals // a constant table
	StepRun: "container", StepRemoveContainer: "container",
	StepDeadline: "shim", StepArm: "arm", StepCount: "count", StepShow: "show",
	StepPublish: "onion", StepRemoveOnion: "onion",
	StepProbe: "probe", StepVerifyGone: "probe",
	StepEnd: "row", StepFinish: "row",
}

// bringsUp reports whether a step brings something up, so that it is cut off
// when the instance should be gone.
func (k StepKind) bringsUp() bool {
	switch k {
	case StepRun, StepPublish, StepProbe, StepDeadline, StepArm, StepShow, StepCount:
		return true
	}
	return false
}

type job struct {
	kind   StepKind
	cancel context.CancelFunc
}

type outcome struct {
	step     Step
	err      error
	cut      bool        // it was cut off, so that its end says nothing
	remember func(*Memo) // what the actor remembers; runs in the actor's goroutine
}

func newActor(r *Reconciler, id string) *actor {
	a := &actor{
		r: r, id: id, woken: make(chan struct{}, 1), done: make(chan outcome),
		busy: make(map[lane]*job), unseen: make(map[services.Fault]time.Time),
	}
	a.memo.Since = r.o.Clock.Now()
	a.address.Store("")
	a.wake()
	return a
}

func (a *actor) wake() {
	select {
	case a.woken <- struct{}{}:
	default:
	}
}

// run works until the row has ended or ctx ends; then it waits for its jobs.
func (a *actor) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			a.drain()
			a.leave()
			return
		case out := <-a.done:
			a.settle(out)
		case <-a.woken:
		case <-timer.C:
		}
		if over := a.reconcile(ctx, timer); over && a.leave() {
			return
		}
	}
}

// leave takes the actor off the list, unless it was woken in the meantime.
func (a *actor) leave() bool {
	a.r.mu.Lock()
	defer a.r.mu.Unlock()
	if a.r.ctx.Err() == nil && len(a.woken) > 0 {
		return false
	}
	delete(a.r.actors, a.id)
	return true
}

func (a *actor) drain() {
	for _, j := range a.busy {
		j.cancel()
	}
	for len(a.busy) > 0 {
		a.settle(<-a.done)
	}
}

func (a *actor) settle(out outcome) {
	delete(a.busy, lanes[out.step.Kind])
	switch {
	case out.err == nil:
		a.memo.succeeded(&a.r.o.Policy, out.step.Kind, a.now())
	case !out.cut:
		a.memo.failed(&a.r.o.Policy, out.step.Kind, out.err, a.now())
		a.r.o.Log.Warn("step failed", "step", string(out.step.Kind), "instance", a.id, "error", out.err)
	}
	if out.remember != nil {
		out.remember(&a.memo)
	}
}

// reconcile observes, plans and starts what is not under way. It reports whether
// the actor's work is over.
func (a *actor) reconcile(ctx context.Context, timer *time.Timer) bool {
	inst, err := a.row(ctx)
	if services.IsCode(err, services.CodeNotFound) || err == nil && inst.Ended() {
		if len(a.busy) > 0 {
			a.cancelBringUp()
			return false
		}
		if err != nil {
			a.r.askResync() // an event of something that no row knows
		}
		return true
	}
	if err != nil {
		a.memo.failed(&a.r.o.Policy, stepRead, err, a.now())
		a.schedule(timer, a.memo.Backoff[stepRead].NotBefore)
		return false
	}
	a.memo.forget(stepRead)
	a.address.Store(inst.Onion.Address)
	now := a.now()
	if !inst.ExpiresAt.After(now) || inst.Desired == services.DesiredGone {
		a.cancelBringUp()
		if a.bringingUp() {
			return false // their ends are awaited first: nothing may appear behind us
		}
	}
	if _, ok := a.r.builds.Load(a.id); ok {
		a.memo.Since = now
	}
	seen := a.observe(ctx, inst)
	steps := Plan(&a.r.o.Policy, inst, seen, a.memo, now)
	for _, step := range steps {
		a.apply(ctx, inst, step)
	}
	a.schedule(timer, a.next(inst, seen, now))
	return false
}

func (a *actor) cancelBringUp() {
	for _, j := range a.busy {
		if j.kind.bringsUp() {
			j.cancel()
		}
	}
}

func (a *actor) bringingUp() bool {
	for _, j := range a.busy {
		if j.kind.bringsUp() {
			return true
		}
	}
	return false
}

func (a *actor) row(ctx context.Context) (*services.Instance, error) {
	var inst *services.Instance
	err := a.r.o.Store.View(ctx, func(tx services.Tx) error {
		var err error
		inst, err = tx.Instance(a.id)
		return err
	})
	return inst, err
}

func (a *actor) now() time.Time { return a.r.o.Clock.Now() }

// next is when to reconcile again without being woken.
func (a *actor) next(inst *services.Instance, seen *Observed, now time.Time) time.Time {
	next := NextWake(&a.r.o.Policy, inst, a.memo, now)
	if seen.Docker && seen.Tor {
		return next
	}
	again := now.Add(2 * a.r.o.Policy.RepairBackoff)
	if next.IsZero() || again.Before(next) {
		return again
	}
	return next
}

func (a *actor) schedule(timer *time.Timer, at time.Time) {
	if at.IsZero() {
		a.nextWake.Store(0)
		timer.Reset(time.Hour)
		return
	}
	a.nextWake.Store(at.UnixMilli())
	timer.Reset(max(at.Sub(a.now()), time.Millisecond))
}

// apply starts a step on its lane, if the lane is free.
func (a *actor) apply(ctx context.Context, inst *services.Instance, step Step) {
	on := lanes[step.Kind]
	if a.busy[on] != nil {
		return
	}
	jctx, cancel := context.WithCancel(ctx)
	memo := a.memo // the job works on a copy; only the actor writes
	a.busy[on] = &job{kind: step.Kind, cancel: cancel}
	go func() {
		defer cancel()
		a.r.o.FaultPoint("before:" + string(step.Kind))
		remember, err := a.r.execute(jctx, inst, step, memo)
		a.r.o.FaultPoint("after:" + string(step.Kind))
		a.done <- outcome{step: step, err: err, cut: jctx.Err() != nil, remember: remember}
	}()
}

// observe looks at the instance's container and onion at the same time.
func (a *actor) observe(ctx context.Context, inst *services.Instance) *Observed {
	ctx, cancel := context.WithTimeout(ctx, a.r.o.Policy.StepTimeout)
	defer cancel()
	seen := &Observed{}
	onions := make(chan error, 1)
	go func() {
		var err error
		seen.Onion, err = a.r.o.Onions.Status(ctx, inst.Onion.Address)
		onions <- err
	}()
	var err error
	seen.Container, err = a.r.o.Runtime.Inspect(ctx, inst.ID)
	seen.Docker = a.seenFrom(services.FaultDocker, err)
	seen.Tor = a.seenFrom(services.FaultTor, <-onions)
	a.memo.KeyMissing = inst.Onion.Key == "" && a.r.o.Keyring.Get(inst.Onion.Address) == ""
	a.tellUnseen(ctx, inst)
	return seen
}

func (a *actor) seenFrom(what services.Fault, err error) bool {
	if err == nil {
		delete(a.unseen, what)
		return true
	}
	if _, ok := a.unseen[what]; !ok {
		a.unseen[what] = a.now()
		a.r.o.Log.Warn("cannot observe", "instance", a.id, "what", string(what), "error", err)
	}
	return false
}

// unseenGrace is how long Docker or tor may be silent before the owner of a
// reachable instance is told.
const unseenGrace = 10 * time.Second

func (a *actor) tellUnseen(ctx context.Context, inst *services.Instance) {
	if inst.State != services.StateReachable || !inst.Live() || !a.memo.mayTry(stepTell, a.now()) {
		return
	}
	for what, since := range a.unseen {
		if a.now().Sub(since) < unseenGrace {
			continue
		}
		if err := a.r.markDown(ctx, inst.ID, what); err != nil {
			a.memo.failed(&a.r.o.Policy, stepTell, err, a.now())
			a.r.o.Log.Error("mark down", "instance", a.id, "error", err)
		}
		return
	}
}
