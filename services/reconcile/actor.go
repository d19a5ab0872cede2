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
	offered  atomic.Pointer[snapshot]     // what the last lists said, not used yet
	notified atomic.Int64                 // the moment of the last notification
	settled  int64                        // the moment of the last end of a job
}

// snapshot is what a list said of an instance.
type snapshot struct {
	at   int64 // the moment before the list was asked for
	seen Observed
}

// outcome is the end of a job.
type outcome struct {
	*job
	err error
	cut bool // it was cut off, so that its end says nothing
}

func newActor(r *Reconciler, id string) *actor {
	a := &actor{
		r: r, id: id, woken: make(chan struct{}, 1), done: make(chan outcome),
		busy: make(map[lane]*job), unseen: make(map[services.Fault]time.Time),
	}
	a.memo.ForwardAtFirst, _ = r.shift()
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

// notify wakes the actor because something happened. What was listed before
// that is worth nothing.
func (a *actor) notify() {
	a.notified.Store(a.r.moment.Add(1))
	a.wake()
}

// fresh returns what the last lists say of the instance, if they say that it
// is well and nothing has happened to it since, as far as we know; else nil.
// Whoever wants to change something asks again.
func (a *actor) fresh() *Observed {
	s := a.offered.Swap(nil)
	if s == nil || len(a.busy) > 0 || s.at <= a.settled || s.at <= a.notified.Load() {
		return nil
	}
	if s.seen.Container.State != services.ContainerRunning || s.seen.Onion.State != services.OnionPublished {
		return nil
	}
	clear(a.unseen)
	return &s.seen
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
	kind := out.step.Kind
	delete(a.busy, lanes[kind])
	a.settled = a.r.moment.Add(1)
	switch {
	case out.err == nil:
		a.memo.succeeded(&a.r.o.Policy, kind, a.now())
	case !out.cut:
		a.memo.failed(&a.r.o.Policy, kind, out.err, a.now())
		a.r.o.Log.Warn("step failed", "step", string(kind), "instance", a.id, "error", out.err)
	}
	for _, fn := range out.notes {
		fn(&a.memo)
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
		if j.step.Kind.bringsUp() {
			j.cancel()
		}
	}
}

func (a *actor) bringingUp() bool {
	for _, j := range a.busy {
		if j.step.Kind.bringsUp() {
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
	j := &job{step: step, inst: inst, memo: a.memo, cancel: cancel, wake: a.wake}
	a.busy[on] = j
	go func() {
		defer cancel()
		a.r.o.FaultPoint("before:" + string(step.Kind))
		err := a.r.execute(jctx, j)
		a.r.o.FaultPoint("after:" + string(step.Kind))
		a.done <- outcome{job: j, err: err, cut: jctx.Err() != nil}
	}()
}
