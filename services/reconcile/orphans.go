package reconcile

import (
	"context"
	"maps"
	"slices"
	"sync"

	"onionbot/services"
)

// everything is what Docker and tor were seen to have in all.
type everything struct {
	docker     bool // containers are known
	tor        bool // onions are known
	containers map[string]services.Container
	onions     map[string]services.OnionStatus
}

// container is what was seen of an instance's containers together.
func (e *everything) container(inst *services.Instance) services.Container {
	var parts []services.Container
	for _, id := range inst.Containers() {
		c := e.containers[id]
		c.ID = id
		parts = append(parts, c)
	}
	return whole(inst.ID, parts)
}

func (r *Reconciler) observeAll(ctx context.Context) *everything {
	ctx, cancel := context.WithTimeout(ctx, r.o.Policy.StepTimeout)
	defer cancel()
	seen := &everything{containers: make(map[string]services.Container), onions: make(map[string]services.OnionStatus)}
	containers, err := r.o.Runtime.List(ctx)
	r.recordDocker(err)
	if seen.docker = err == nil; seen.docker {
		for _, c := range containers {
			seen.containers[c.ID] = c
		}
	}
	onions, err := r.o.Onions.List(ctx)
	r.recordTor(err)
	if seen.tor = err == nil; seen.tor {
		for _, o := range onions {
			seen.onions[o.Address] = o
		}
	}
	return seen
}

// orphan is something that carries our mark and belongs to no row: a
// container with its directory, or an onion.
type orphan struct {
	id      string // of a container; "" for an onion
	address string // of an onion; "" for a container
}

// stepErase is the removal of files that no row knows, as far as back-off goes.
const stepErase StepKind = "erase"

// key is what the back-off of its removal goes by.
func (o orphan) key() StepKind { return StepKind("orphan " + o.id + o.address) }

// findOrphans lists what belongs to no row, containers first, in a fixed
// order. What is on somebody else's tor is not ours to judge.
func findOrphans(rows []*services.Instance, seen *everything) []orphan {
	ids, addresses := make(map[string]bool), make(map[string]bool)
	for _, inst := range rows {
		addresses[inst.Onion.Address] = true
		for _, id := range inst.Containers() {
			ids[id] = true
		}
	}
	var found []orphan
	for _, id := range slices.Sorted(maps.Keys(seen.containers)) {
		c := seen.containers[id]
		if !ids[id] && (c.State != services.ContainerAbsent || c.Files) {
			found = append(found, orphan{id: id})
		}
	}
	for _, address := range slices.Sorted(maps.Keys(seen.onions)) {
		o := seen.onions[address]
		if !addresses[address] && !o.Foreign && o.State != services.OnionAbsent {
			found = append(found, orphan{address: address})
		}
	}
	return found
}

// removals is how many orphans are removed at the same time.
const removals = 8

// removeOrphans removes what carries our mark and no row knows, side by side:
// one that resists keeps no other.
func (r *Reconciler) removeOrphans(ctx context.Context, rows []*services.Instance, seen *everything) {
	var due []orphan
	for _, o := range findOrphans(rows, seen) {
		if !r.justFinished(o, rows) && r.orphans.mayTry(o.key(), r.o.Clock.Now()) {
			due = append(due, o)
		}
	}
	errs := make([]error, len(due))
	slots := make(chan struct{}, removals)
	var all sync.WaitGroup
	for i, o := range due {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			errs[i] = r.removeOrphan(ctx, o)
		})
	}
	all.Wait()
	for i, o := range due {
		if errs[i] == nil {
			r.orphans.forget(o.key())
			r.o.Log.Info("removed what no row knows", "instance", o.id)
			continue
		}
		r.orphans.failed(&r.o.Policy, o.key(), errs[i], r.o.Clock.Now())
		r.o.Log.Warn("orphan not removed", "instance", o.id, "error", errs[i])
	}
}

// justFinished reports whether an orphan's instance has an actor still, which
// has not noticed yet that its row has ended. One whose row lives will not.
func (r *Reconciler) justFinished(o orphan, rows []*services.Instance) bool {
	id := services.InstanceOf(o.id)
	live := slices.ContainsFunc(rows, func(i *services.Instance) bool { return i.ID == id })
	return o.id != "" && !live && r.hasActor(id)
}

func (r *Reconciler) removeOrphan(ctx context.Context, o orphan) error {
	r.o.FaultPoint("before:orphan")
	defer r.o.FaultPoint("after:orphan")
	return r.bounded(ctx, func(ctx context.Context) error {
		if o.id != "" {
			return r.o.Runtime.Remove(ctx, o.id)
		}
		return r.o.Onions.Remove(ctx, o.address)
	})
}

// eraseOrphanContents erases directories of users' files that no row knows.
// It looks again inside a write transaction, which no start command can be
// in at the same time: a start moves its files in just before it commits.
func (r *Reconciler) eraseOrphanContents(ctx context.Context, rows []*services.Instance) {
	ids, err := r.o.Contents.List()
	if err != nil {
		r.o.Log.Error("list contents", "error", err)
		return
	}
	now := r.o.Clock.Now()
	if len(r.unknown(ids, rows)) == 0 || !r.orphans.mayTry(stepErase, now) {
		return
	}
	err = r.o.Store.Update(ctx, func(tx services.Tx) error {
		rows, err := tx.Instances(services.InstanceFilter{NotEnded: true})
		if err != nil {
			return err
		}
		for _, id := range r.unknown(ids, rows) {
			if err := r.o.Contents.Erase(id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		r.orphans.failed(&r.o.Policy, stepErase, err, now)
		r.o.Log.Error("erase contents", "error", err)
	}
}

// unknown returns the IDs that belong to no row and no actor.
func (r *Reconciler) unknown(ids []string, rows []*services.Instance) []string {
	known := make(map[string]bool)
	for _, inst := range rows {
		known[inst.ID] = true
	}
	var out []string
	for _, id := range ids {
		if !known[id] && !r.hasActor(id) {
			out = append(out, id)
		}
	}
	return out
}

func (r *Reconciler) hasActor(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.actors[id]
	return ok
}
