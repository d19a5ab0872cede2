package reconcile

import (
	"cmp"
	"context"
	"errors"
	"math/bits"
	"sync"
	"time"

	"onionbot/services"
)

// busyPause is how long an address that had no place free is left alone.
const busyPause = 30 * time.Second

// applyProbe opens the address through tor and writes down what came of it.
func (r *Reconciler) applyProbe(ctx context.Context, j *job) error {
	inst := j.inst
	opened, err := r.probe(ctx, inst)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		return r.probed(ctx, inst, opened)
	case services.IsCode(err, services.CodeExposed):
		return r.expose(ctx, j, err)
	case services.IsCode(err, services.CodeUnavailable) || inst.ReadyAt.IsZero():
		return err
	case services.IsCode(err, services.CodeBusy):
		// Visitors have every place. That is what it is for, and no repair helps.
		j.remember(func(m *Memo) { m.wait(StepProbe, r.o.Clock.Now().Add(busyPause)) })
		return nil
	}
	failed := j.memo.Backoff[StepProbe].Failures + 1
	if failed >= 2 {
		r.tellDown(ctx, j, services.FaultProbe)
	}
	if repairDue(failed) {
		err = errors.Join(err, r.republish(ctx, j))
	}
	return err
}

// probed writes a success down.
func (r *Reconciler) probed(ctx context.Context, inst *services.Instance, opened bool) error {
	r.armEarly(ctx, inst)
	err := r.markReachable(ctx, inst.ID, opened)
	if inst.ReadyAt.IsZero() {
		r.askRestock()
	}
	return err
}

// armEarly lets the shim count before anybody is told the address. If it does
// not answer now, the plan arms it later.
func (r *Reconciler) armEarly(ctx context.Context, inst *services.Instance) {
	if inst.Rules == (services.Rules{}) {
		return
	}
	if err := r.arm(ctx, inst); err != nil {
		r.o.Log.Warn("arm", "instance", inst.ID, "error", err)
	}
}

// arm lets the shims of an instance count.
func (r *Reconciler) arm(ctx context.Context, inst *services.Instance) error {
	return r.bounded(ctx, func(ctx context.Context) error {
		return forEach(inst, func(_ int, id string) error { return r.o.Runtime.Arm(ctx, id) })
	})
}

// repairDue spaces the repairs of an address that does not open ever wider
// apart (after 3, 6, 12, 24 … failures): when the host's own network is gone,
// publishing again is no help, and hours of it must not use up the repairs.
func repairDue(failed int) bool {
	return failed%3 == 0 && bits.OnesCount(uint(failed/3)) == 1
}

// probe opens the address once. An instance that counts its visitors and has
// begun to is taken on trust, not opened, since a probe would be counted as one.
func (r *Reconciler) probe(ctx context.Context, inst *services.Instance) (opened bool, err error) {
	def := r.ported(ctx, inst)
	if def == nil {
		return false, services.E(services.CodeUnknownService, "word", inst.Service)
	}
	ctx, cancel := context.WithTimeout(ctx, r.o.Policy.ProbeTimeout)
	defer cancel()
	if err := r.guard(ctx, inst, def.Singles()[0].Ports[0].Onion); err != nil {
		return false, err
	}
	if visitsCount(inst.Rules, r.counts(inst) != "") {
		if c, err := r.inspect(ctx, inst); err == nil && c.Armed {
			return false, nil
		}
	}
	err = r.openAll(ctx, inst, def)
	return err == nil, err
}

// openAll opens the address once for each service behind it, side by side. One
// that does not open counts for all, before one that is only busy.
func (r *Reconciler) openAll(ctx context.Context, inst *services.Instance, def *services.Definition) error {
	parts, onion := def.Singles(), r.onionOf(inst)
	errs := make([]error, len(parts))
	var all sync.WaitGroup
	for n, p := range parts {
		all.Go(func() { errs[n] = r.o.Onions.Probe(ctx, onion, p.Ports[0].Onion, p.Probe) })
	}
	all.Wait()
	var busy error
	for _, err := range errs {
		if err != nil && !services.IsCode(err, services.CodeBusy) {
			return err
		}
		busy = cmp.Or(busy, err)
	}
	return busy
}

// republish takes an onion that does not open off its tor; the next plan
// publishes it again.
func (r *Reconciler) republish(ctx context.Context, j *job) error {
	err := r.troubled(ctx, j, services.FaultProbe, true)
	return errors.Join(err, r.bounded(ctx, func(ctx context.Context) error {
		return r.o.Onions.Remove(ctx, j.inst.Onion.Address)
	}))
}
