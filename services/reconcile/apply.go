package reconcile

import (
	"context"
	"errors"

	"onionbot/services"
)

// execute carries out one step.
func (r *Reconciler) execute(ctx context.Context, j *job) error {
	inst := j.inst
	switch j.step.Kind {
	case StepRun:
		return r.applyRun(ctx, j)
	case StepReplace:
		return r.applyReplace(ctx, j)
	case StepPublish:
		return r.applyPublish(ctx, j)
	case StepProbe:
		return r.applyProbe(ctx, j)
	case StepShow:
		return r.applyShow(j)
	case StepDeadline:
		return r.bounded(ctx, func(ctx context.Context) error {
			return forEach(inst, func(_ int, id string) error { return r.o.Runtime.SetDeadline(ctx, id, inst.ExpiresAt) })
		})
	case StepKeys:
		return r.bounded(ctx, func(ctx context.Context) error { return r.applyKeys(ctx, j) })
	case StepArm:
		return r.arm(ctx, inst)
	case StepCount:
		return r.applyCount(ctx, j)
	case StepNews:
		return r.applyNews(ctx, j)
	case StepSettle:
		return r.markSettled(ctx, inst.ID)
	case StepEnd:
		return r.applyEnd(ctx, j)
	case StepRemoveContainer:
		return r.applyRemove(ctx, inst)
	case StepRemoveOnion:
		return r.bounded(ctx, func(ctx context.Context) error { return r.o.Onions.Remove(ctx, inst.Onion.Address) })
	case StepVerifyGone:
		return r.applyVerifyGone(ctx, j)
	case StepFinish:
		return r.finish(ctx, j)
	}
	return errors.New("unknown step")
}

func (r *Reconciler) bounded(ctx context.Context, fn func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, r.o.Policy.StepTimeout)
	defer cancel()
	return fn(ctx)
}

func (r *Reconciler) applyShow(j *job) error {
	if err := r.o.Contents.Show(j.inst.ID, j.inst.Content); err != nil {
		return services.Wrap(services.CodeReadOnlyState, err)
	}
	j.remember(func(m *Memo) { m.Shown = j.inst.Content })
	return nil
}

// applyPublish makes a tor publish the onion. It may wait in tor's queue for
// as long as the instance is wanted; tor bounds the publication itself.
func (r *Reconciler) applyPublish(ctx context.Context, j *job) error {
	r.tellDown(ctx, j, services.FaultTor)
	if err := r.awaitPorts(ctx, j); err != nil {
		return r.failed(ctx, j, services.FaultImage, err)
	}
	spec, err := r.onionSpec(j.inst)
	if err == nil {
		err = forEach(j.inst, func(_ int, id string) error { return r.o.Runtime.Prepare(ctx, id) })
	}
	if err == nil {
		err = r.o.Onions.Publish(ctx, spec)
	}
	if err != nil {
		return r.failed(ctx, j, services.FaultTor, err)
	}
	j.remember(func(m *Memo) { m.forgetPause(StepProbe) })
	return r.progress(ctx, j.inst.ID)
}

func (r *Reconciler) onionSpec(inst *services.Instance) (services.OnionSpec, error) {
	def, ok := r.o.Catalog.Find(inst.Service)
	if !ok {
		return services.OnionSpec{}, services.E(services.CodeUnknownService, "word", inst.Service)
	}
	spec := services.OnionSpec{Onion: r.onionOf(inst), Owner: inst.Owner}
	ids := inst.Containers()
	for n, part := range def.Singles() {
		for _, p := range part.Ports {
			spec.Targets = append(spec.Targets, services.OnionTarget{Port: p.Onion, Socket: r.o.Runtime.Target(ids[n], p)})
		}
	}
	return spec, nil
}

// failed writes down that a step which brings something up has failed. Docker
// or tor that do not answer are waited for; anything else uses up a repair.
func (r *Reconciler) failed(ctx context.Context, j *job, fault services.Fault, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	fault = faultOf(fault, err)
	absent := fault == services.FaultDocker || fault == services.FaultTor && services.IsCode(err, services.CodeUnavailable)
	return errors.Join(err, r.troubled(ctx, j, fault, !absent))
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
		case "image":
			return services.FaultImage
		}
	}
	if services.IsCode(err, services.CodeReadOnlyState) {
		return services.FaultDisk
	}
	return fault
}
