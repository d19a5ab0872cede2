package reconcile

import (
	"context"
	"time"

	"onionbot/services"
)

// observe looks at the instance's container and onion, and takes note of what
// follows from how they are.
func (a *actor) observe(ctx context.Context, inst *services.Instance) *Observed {
	limited, cancel := context.WithTimeout(ctx, a.r.o.Policy.StepTimeout)
	defer cancel()
	seen := a.fresh()
	if seen == nil {
		seen = a.ask(limited, inst)
	}
	a.memo.KeyMissing = inst.Onion.Key == "" && a.r.o.Keyring.Get(inst.Onion.Address) == ""
	def, listed := a.r.o.Catalog.Find(inst.Service)
	a.memo.Unlisted = !listed
	_, a.memo.Keys = a.r.keysOf(inst, def)
	a.memo.OwnCount = a.r.counts(inst) != ""
	if seen.Docker {
		if a.memo.see(&a.r.o.Policy, inst, seen.Container, a.now()) {
			a.r.o.Log.Warn("the app ended", "instance", a.id, "code", seen.Container.ExitCode,
				"lacked memory", seen.Container.NoMemory, "early exits in a row", a.memo.Crashes)
		}
	}
	if !inst.Live() { // a warm address that is given to somebody begins anew then
		a.memo.Start, a.memo.Told = StartClock{}, nil
	} else if inst.ReadyAt.IsZero() {
		phase, missing := a.startPhase(limited, seen)
		a.memo.Start = a.memo.Start.enter(phase, missing, a.now())
	}
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

// ask observes by asking, both sides at the same time.
func (a *actor) ask(ctx context.Context, inst *services.Instance) *Observed {
	seen := &Observed{}
	onions := make(chan error, 1)
	go func() {
		var err error
		seen.Onion, err = a.r.o.Onions.Status(ctx, inst.Onion.Address)
		onions <- err
	}()
	var err error
	seen.Container, err = a.r.inspect(ctx, inst)
	seen.Docker = a.seenFrom(services.FaultDocker, err)
	seen.Tor = a.seenFrom(services.FaultTor, <-onions)
	return seen
}

// startPhase says what the start of the instance spends its time with.
func (a *actor) startPhase(ctx context.Context, seen *Observed) (startPhase, services.Fault) {
	switch {
	case !seen.Docker:
		return phaseAbsent, services.FaultDocker
	case !seen.Tor:
		return phaseAbsent, services.FaultTor
	}
	if j := a.busy[lanes[StepRun]]; j != nil && j.waitsFor() != phaseTrying {
		return j.waitsFor(), services.FaultNone
	}
	if seen.Onion.State == services.OnionPublished {
		return phaseTrying, services.FaultNone
	}
	if a.r.o.Onions.Ping(ctx) != nil { // no tor is ready: a place is not to be had
		return phaseAbsent, services.FaultTor
	}
	if j := a.busy[lanes[StepPublish]]; j != nil && seen.Onion.State == services.OnionAbsent {
		return phaseQueued, services.FaultNone
	}
	return phaseTrying, services.FaultNone
}

// unseenGrace is how long Docker or tor may be silent before the owner is told.
const unseenGrace = 10 * time.Second

func (a *actor) tellUnseen(ctx context.Context, inst *services.Instance) {
	if !inst.Live() || !a.memo.mayTry(stepTell, a.now()) {
		return
	}
	for _, what := range []services.Fault{services.FaultDocker, services.FaultTor} {
		since, silent := a.unseen[what]
		if !silent || a.now().Sub(since) < unseenGrace || a.memo.Told[what] {
			continue
		}
		err := a.r.tell(ctx, inst, what)
		if err != nil {
			a.memo.failed(&a.r.o.Policy, stepTell, err, a.now())
			a.r.o.Log.Error("tell of a silence", "instance", a.id, "error", err)
			return
		}
		a.memo.told(what)
	}
}

// tell writes down that something does not answer.
func (r *Reconciler) tell(ctx context.Context, inst *services.Instance, what services.Fault) error {
	if inst.State == services.StateReachable {
		return r.markDown(ctx, inst.ID, trouble{fault: what})
	}
	return r.markTrouble(ctx, inst.ID, trouble{fault: what, tell: true})
}
