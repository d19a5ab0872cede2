package reconcile

import (
	"context"
	"slices"
	"time"

	"onionbot/services"
)

// applyRun makes the container run: image, content, container.
func (r *Reconciler) applyRun(ctx context.Context, j *job) error {
	r.tellDown(ctx, j, services.FaultContainer)
	if j.memo.Crashes > 0 && j.memo.Exited {
		if err := r.troubled(ctx, j, services.FaultContainer, true); err != nil {
			r.o.Log.Error("count a crash", "instance", j.inst.ID, "error", err)
		}
	}
	def, ok := r.o.Catalog.Find(j.inst.Service)
	if !ok {
		return services.E(services.CodeUnknownService, "word", j.inst.Service)
	}
	if err := r.ensureImages(ctx, j, def); err != nil {
		return r.failed(ctx, j, services.FaultImage, err)
	}
	err := r.runContainers(ctx, j, def)
	if services.IsCode(err, services.CodeNotFound) { // somebody removed the image
		if err = r.ensureImages(ctx, j, def); err != nil {
			return r.failed(ctx, j, services.FaultImage, err)
		}
		err = r.runContainers(ctx, j, def)
	}
	if services.IsCode(err, services.CodeUnsafe) {
		return r.refuse(ctx, j, err)
	}
	if err != nil {
		return r.failed(ctx, j, services.FaultContainer, err)
	}
	j.remember(func(m *Memo) { m.Shown, m.Exited = j.inst.Content, false })
	return r.progress(ctx, j.inst.ID)
}

// runContainers waits for its turn, since many starts at once slow each other
// down, and runs the containers that do not run.
func (r *Reconciler) runContainers(ctx context.Context, j *job, def *services.Definition) error {
	j.enter(phaseQueued)
	select {
	case r.runs <- struct{}{}:
		defer func() { <-r.runs }()
	case <-ctx.Done():
		return ctx.Err()
	}
	j.enter(phaseTrying)
	if err := r.completeSecrets(ctx, j.inst, def); err != nil {
		return err
	}
	return r.bounded(ctx, func(ctx context.Context) error { return r.runEach(ctx, j.inst, def.Singles()) })
}

// runEach runs the containers of an instance. What is not safe about one of
// them comes before what failed with another.
func (r *Reconciler) runEach(ctx context.Context, inst *services.Instance, parts []*services.Definition) error {
	errs := make([]error, len(parts))
	err := forEach(inst, func(n int, id string) error {
		spec, err := r.containerSpec(inst, parts[n])
		if err == nil {
			spec.ID = id
			err = r.o.Runtime.Run(ctx, spec)
		}
		errs[n] = err
		return err
	})
	if n := slices.IndexFunc(errs, func(err error) bool { return services.IsCode(err, services.CodeUnsafe) }); n >= 0 {
		return errs[n]
	}
	return err
}

func (r *Reconciler) ensureImages(ctx context.Context, j *job, def *services.Definition) error {
	for _, part := range def.Singles() {
		if err := r.ensureImage(ctx, j, part); err != nil {
			return err
		}
	}
	return nil
}

// ensureImage builds the image if it must, telling the owner how far it is. A
// build that succeeds does not count against the start limit; one that fails
// does, and the next one is not told step by step.
func (r *Reconciler) ensureImage(ctx context.Context, j *job, def *services.Definition) error {
	ctx, cancel := context.WithTimeout(ctx, r.o.Policy.BuildTimeout)
	defer cancel()
	began := r.o.Clock.Now()
	err := r.o.Runtime.EnsureImage(ctx, def, func(step string) {
		j.enter(phaseBuilding)
		if !j.memo.Told[services.FaultImage] {
			r.tellProgress(ctx, j.inst, step)
		}
	})
	if err != nil && j.waitsFor() == phaseBuilding {
		lost := r.o.Clock.Now().Sub(began)
		j.remember(func(m *Memo) { m.Start.Spent += lost })
	}
	j.enter(phaseTrying)
	if err == nil {
		err = r.completeDefinition(ctx, def)
	}
	return err
}

// completeSecrets makes those that the service did not have when the instance
// was accepted. What a container was told already stays as it is.
func (r *Reconciler) completeSecrets(ctx context.Context, inst *services.Instance, def *services.Definition) error {
	if _, lacks := def.CompleteSecrets(inst.Secrets); !lacks {
		return nil
	}
	return r.change(ctx, inst.ID, func(tx services.Tx, i *services.Instance, now time.Time) error {
		i.Secrets, _ = def.CompleteSecrets(i.Secrets)
		inst.Secrets, i.UpdatedAt = i.Secrets, now
		return tx.PutInstance(i)
	})
}

func (r *Reconciler) containerSpec(inst *services.Instance, def *services.Definition) (services.ContainerSpec, error) {
	spec := services.ContainerSpec{
		ID: inst.ID, Definition: def, Deadline: inst.ExpiresAt, Rules: inst.Rules,
		Visits: inst.Visits, HostKey: inst.HostKey.PrivatePEM,
		Address: inst.Onion.Address, Secrets: inst.SecretsOf(def),
	}
	spec.SSHKeys, _ = r.keysOf(inst, def)
	if def.Content != "" {
		if err := r.o.Contents.Show(inst.ID, inst.Content); err != nil {
			return spec, services.Wrap(services.CodeReadOnlyState, err)
		}
		spec.ContentDir = r.o.Contents.Dir(inst.ID)
	}
	return spec, nil
}

// applyReplace removes a container that is of no use; the next plan runs
// another one.
func (r *Reconciler) applyReplace(ctx context.Context, j *job) error {
	r.tellDown(ctx, j, services.FaultContainer)
	if err := r.troubled(ctx, j, services.FaultContainer, true); err != nil {
		r.o.Log.Error("count a repair", "instance", j.inst.ID, "error", err)
	}
	return r.bounded(ctx, func(ctx context.Context) error { return r.removeStuck(ctx, j.inst) })
}
