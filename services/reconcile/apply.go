package reconcile

import (
	"context"
	"errors"
	"math/bits"
	"time"

	"onionbot/services"
)

// execute carries out one step. What it returns is remembered by the actor.
func (r *Reconciler) execute(ctx context.Context, inst *services.Instance, step Step, memo Memo) (func(*Memo), error) {
	switch step.Kind {
	case StepRun:
		return r.applyRun(ctx, inst)
	case StepPublish:
		return r.applyPublish(ctx, inst)
	case StepProbe:
		return nil, r.applyProbe(ctx, inst, memo.Backoff[StepProbe].Failures)
	case StepShow:
		return r.applyShow(inst)
	case StepDeadline:
		return nil, r.bounded(ctx, func(ctx context.Context) error {
			return r.o.Runtime.SetDeadline(ctx, inst.ID, inst.ExpiresAt)
		})
	case StepArm:
		return nil, r.bounded(ctx, func(ctx context.Context) error { return r.o.Runtime.Arm(ctx, inst.ID) })
	case StepCount:
		return nil, r.saveVisits(ctx, inst.ID)
	case StepEnd:
		return nil, r.applyEnd(ctx, inst, step)
	case StepRemoveContainer:
		return nil, r.bounded(ctx, func(ctx context.Context) error { return r.o.Runtime.Remove(ctx, inst.ID) })
	case StepRemoveOnion:
		return nil, r.bounded(ctx, func(ctx context.Context) error { return r.o.Onions.Remove(ctx, inst.Onion.Address) })
	case StepVerifyGone:
		return r.applyVerifyGone(ctx, inst, memo.GoneSince)
	case StepFinish:
		return nil, r.finish(ctx, inst, memo.GoneChecked && !memo.GoneSince.IsZero())
	}
	return nil, errors.New("unknown step")
}

func (r *Reconciler) bounded(ctx context.Context, fn func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, r.o.Policy.StepTimeout)
	defer cancel()
	return fn(ctx)
}

// applyRun makes the container run: image, content, container.
func (r *Reconciler) applyRun(ctx context.Context, inst *services.Instance) (func(*Memo), error) {
	r.tellDown(ctx, inst, services.FaultContainer)
	def, ok := r.o.Catalog.Find(inst.Service)
	if !ok {
		return nil, r.runFailed(ctx, inst, services.FaultImage, services.E(services.CodeUnknownService, "word", inst.Service))
	}
	built, err := r.ensureImage(ctx, inst, def)
	if err != nil {
		return nil, r.runFailed(ctx, inst, services.FaultImage, err)
	}
	select {
	case r.runs <- struct{}{}:
		defer func() { <-r.runs }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	spec, err := r.containerSpec(inst, def)
	if err == nil {
		err = r.bounded(ctx, func(ctx context.Context) error { return r.o.Runtime.Run(ctx, spec) })
	}
	if err != nil {
		return nil, r.runFailed(ctx, inst, services.FaultContainer, err)
	}
	return func(m *Memo) {
		m.Shown = inst.Content
		if built {
			m.Since = r.o.Clock.Now() // the start limit does not count the first build
		}
	}, r.progress(ctx, inst.ID)
}

func (r *Reconciler) applyShow(inst *services.Instance) (func(*Memo), error) {
	if err := r.o.Contents.Show(inst.ID, inst.Content); err != nil {
		return nil, services.Wrap(services.CodeReadOnlyState, err)
	}
	return func(m *Memo) { m.Shown = inst.Content }, nil
}

// ensureImage builds the image if it must, telling the owner how far it is.
func (r *Reconciler) ensureImage(ctx context.Context, inst *services.Instance, def *services.Definition) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, r.o.Policy.BuildTimeout)
	defer cancel()
	built := false
	defer r.builds.Delete(inst.ID)
	err := r.o.Runtime.EnsureImage(ctx, def, func(step string) {
		built = true
		r.builds.Store(inst.ID, true)
		r.tellProgress(ctx, inst, step)
	})
	return built, err
}

func (r *Reconciler) containerSpec(inst *services.Instance, def *services.Definition) (services.ContainerSpec, error) {
	spec := services.ContainerSpec{
		ID: inst.ID, Definition: def, Deadline: inst.ExpiresAt, Rules: inst.Rules,
		Visits: inst.Visits, HostKey: inst.HostKey.PrivatePEM,
	}
	if u := r.o.User(inst.Owner); u != nil && def.NeedsSSHKeys {
		spec.SSHKeys = u.SSHKeys
	}
	if def.Content != "" {
		if err := r.o.Contents.Show(inst.ID, inst.Content); err != nil {
			return spec, services.Wrap(services.CodeReadOnlyState, err)
		}
		spec.ContentDir = r.o.Contents.Dir(inst.ID)
	}
	return spec, nil
}

// runFailed writes a failure down. An engine that does not answer is waited
// for; anything else uses up a repair.
func (r *Reconciler) runFailed(ctx context.Context, inst *services.Instance, fault services.Fault, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.Join(err, r.countRepair(ctx, inst.ID, faultOf(fault, err), !services.IsCode(err, services.CodeUnavailable)))
}

// faultOf is what an error says is wrong, or the fault that is named if it
// does not say.
func faultOf(fault services.Fault, err error) services.Fault {
	var e *services.Error
	if errors.As(err, &e) && e.Code == services.CodeUnavailable {
		switch e.Args["what"] {
		case "docker":
			return services.FaultDocker
		case "tor":
			return services.FaultTor
		}
	}
	if services.IsCode(err, services.CodeReadOnlyState) {
		return services.FaultDisk
	}
	return fault
}

// applyPublish makes a tor publish the onion. It may wait in tor's queue.
func (r *Reconciler) applyPublish(ctx context.Context, inst *services.Instance) (func(*Memo), error) {
	r.tellDown(ctx, inst, services.FaultTor)
	ctx, cancel := context.WithTimeout(ctx, r.o.Policy.StartLimit)
	defer cancel()
	spec, err := r.onionSpec(inst)
	if err == nil {
		err = r.o.Runtime.Prepare(ctx, inst.ID)
	}
	if err == nil {
		err = r.o.Onions.Publish(ctx, spec)
	}
	if err != nil {
		if errors.Is(ctx.Err(), context.Canceled) {
			return nil, ctx.Err()
		}
		return nil, errors.Join(err, r.countRepair(context.WithoutCancel(ctx), inst.ID, faultOf(services.FaultTor, err), !services.IsCode(err, services.CodeUnavailable)))
	}
	return func(m *Memo) { m.wait(StepProbe, time.Time{}) }, r.progress(ctx, inst.ID)
}

func (r *Reconciler) onionSpec(inst *services.Instance) (services.OnionSpec, error) {
	def, ok := r.o.Catalog.Find(inst.Service)
	if !ok {
		return services.OnionSpec{}, services.E(services.CodeUnknownService, "word", inst.Service)
	}
	spec := services.OnionSpec{Onion: inst.Onion, Owner: inst.Owner}
	if spec.Onion.Key == "" {
		spec.Onion.Key = r.o.Keyring.Get(inst.Onion.Address)
	}
	for _, p := range def.Ports {
		spec.Targets = append(spec.Targets, services.OnionTarget{Port: p.Onion, Socket: r.o.Runtime.Target(inst.ID, p)})
	}
	return spec, nil
}

// applyProbe opens the address through tor and notes what came of it.
func (r *Reconciler) applyProbe(ctx context.Context, inst *services.Instance, failed int) error {
	opened, err := r.probe(ctx, inst)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		r.armEarly(ctx, inst)
		err = r.markReachable(ctx, inst.ID, opened)
		if inst.ReadyAt.IsZero() {
			r.askRestock()
		}
		return err
	}
	failed++
	if services.IsCode(err, services.CodeUnavailable) || inst.ReadyAt.IsZero() {
		return err
	}
	if failed >= 2 {
		r.tellDown(ctx, inst, services.FaultProbe)
	}
	if repairDue(failed) {
		err = errors.Join(err, r.republish(ctx, inst))
	}
	return err
}

// armEarly lets the shim count before anybody is told the address. If it does
// not answer now, the plan arms it later.
func (r *Reconciler) armEarly(ctx context.Context, inst *services.Instance) {
	if inst.Rules == (services.Rules{}) {
		return
	}
	err := r.bounded(ctx, func(ctx context.Context) error { return r.o.Runtime.Arm(ctx, inst.ID) })
	if err != nil {
		r.o.Log.Warn("arm", "instance", inst.ID, "error", err)
	}
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
	if inst.Rules != (services.Rules{}) {
		if c, err := r.o.Runtime.Inspect(ctx, inst.ID); err == nil && c.Armed {
			return false, nil
		}
	}
	def, ok := r.o.Catalog.Find(inst.Service)
	if !ok || len(def.Ports) == 0 {
		return false, services.E(services.CodeUnknownService, "word", inst.Service)
	}
	ctx, cancel := context.WithTimeout(ctx, r.o.Policy.ProbeTimeout)
	defer cancel()
	err = r.o.Onions.Probe(ctx, inst.Onion.Address, def.Ports[0].Onion, def.Probe)
	return err == nil, err
}

// tellDown writes down that a reachable instance is in trouble. If that
// fails, the repair goes on all the same.
func (r *Reconciler) tellDown(ctx context.Context, inst *services.Instance, fault services.Fault) {
	if inst.State != services.StateReachable {
		return
	}
	if err := r.markDown(ctx, inst.ID, fault); err != nil {
		r.o.Log.Error("mark down", "instance", inst.ID, "error", err)
	}
}

// republish takes an onion that does not open off its tor; the next plan
// publishes it again.
func (r *Reconciler) republish(ctx context.Context, inst *services.Instance) error {
	if err := r.countRepair(ctx, inst.ID, services.FaultProbe, true); err != nil {
		return err
	}
	return r.bounded(ctx, func(ctx context.Context) error { return r.o.Onions.Remove(ctx, inst.Onion.Address) })
}
