package reconcile

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"onionbot/services"
)

// whole is what an instance's containers are together, so that a plan sees one:
// it runs if all run, it is there if any is, and what one shim reports counts
// for all. Where they differ, the one that needs most speaks for them.
func whole(id string, parts []services.Container) services.Container {
	if len(parts) == 1 {
		return parts[0]
	}
	out := parts[0]
	for _, p := range parts[1:] {
		if need(p) > need(out) {
			out = p
		}
	}
	absent := out.State == services.ContainerAbsent
	out.ID, out.Ready, out.Armed = id, true, true
	out.Files, out.Visits, out.Active, out.News = false, 0, 0, 0
	out.ByEvents = slices.ContainsFunc(parts, func(p services.Container) bool { return p.ByEvents })
	out.Deadline, out.LastVisit = parts[0].Deadline, time.Time{}
	for _, p := range parts {
		out.Ready, out.Armed = out.Ready && p.Ready, out.Armed && p.Armed
		out.Files = out.Files || p.Files
		out.Active, out.News = out.Active+p.Active, out.News+p.News
		if p.ByEvents == out.ByEvents { // what one app counts is not added to another's connections
			out.Visits += p.Visits
		}
		out.LastVisit = latest(out.LastVisit, p.LastVisit)
		if !sameMoment(p.Deadline, out.Deadline) {
			out.Deadline = time.Time{} // none that is everybody's: all are told again
		}
		if out.State == services.ContainerRunning { // as long as the youngest
			out.StartedAt = latest(out.StartedAt, p.StartedAt)
		}
		if absent && p.State != services.ContainerAbsent {
			out.State = services.ContainerCreated // some of it is there: neither nothing nor all
		}
	}
	return out
}

// need orders containers by what has to be done about them: an end that a shim
// has decided is the whole's, one that is stuck is waited for or replaced
// before others are run.
func need(c services.Container) int {
	switch {
	case c.State == services.ContainerExited && c.Exit != services.ExitApp && c.Exit != services.ExitNone:
		return 5
	case isStuck(c.State):
		return 4
	case c.State == services.ContainerExited:
		return 3
	case c.State == services.ContainerAbsent:
		return 2
	case c.State == services.ContainerCreated:
		return 1
	}
	return 0
}

// forEach does something to each of an instance's containers, side by side.
func forEach(inst *services.Instance, do func(n int, id string) error) error {
	ids := inst.Containers()
	if len(ids) == 1 {
		return do(0, ids[0])
	}
	errs := make([]error, len(ids))
	var all sync.WaitGroup
	for n, id := range ids {
		all.Go(func() { errs[n] = do(n, id) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// inspect observes an instance's containers as one.
func (r *Reconciler) inspect(ctx context.Context, inst *services.Instance) (services.Container, error) {
	parts := make([]services.Container, len(inst.Containers()))
	err := forEach(inst, func(n int, id string) (err error) {
		parts[n], err = r.o.Runtime.Inspect(ctx, id)
		return err
	})
	if err != nil {
		return services.Container{ID: inst.ID}, err
	}
	return whole(inst.ID, parts), nil
}

// remove ends and removes an instance's containers.
func (r *Reconciler) remove(ctx context.Context, inst *services.Instance) error {
	return forEach(inst, func(_ int, id string) error { return r.o.Runtime.Remove(ctx, id) })
}

// removeStuck removes those of an instance's containers that are of no use, and
// leaves the visitors of the others alone.
func (r *Reconciler) removeStuck(ctx context.Context, inst *services.Instance) error {
	if len(inst.Containers()) == 1 {
		return r.o.Runtime.Remove(ctx, inst.ID)
	}
	return forEach(inst, func(_ int, id string) error {
		c, err := r.o.Runtime.Inspect(ctx, id)
		if err != nil || !isStuck(c.State) {
			return err
		}
		return r.o.Runtime.Remove(ctx, id)
	})
}

// notifyContainer is what the runtime's events are wired to: it knows
// containers only.
func (r *Reconciler) notifyContainer(id string) { r.Notify(services.InstanceOf(id)) }
