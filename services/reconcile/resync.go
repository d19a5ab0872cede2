package reconcile

import (
	"context"

	"onionbot/services"
)

// resync looks at everything at once: it gives every row that has not ended
// an actor, removes what no row knows, and keeps the warm addresses up.
func (r *Reconciler) resync(ctx context.Context) {
	// The lists are taken before the rows: a row is always written before
	// anything outside exists, so whatever is in a list and has a row is seen
	// with it.
	at := r.moment.Add(1)
	seen := r.observeAll(ctx)
	rows, err := r.rows(ctx)
	if err != nil {
		r.o.Log.Error("read instances", "error", err)
		return
	}
	for _, inst := range rows {
		r.offer(inst, seen, at)
	}
	r.recordCounts(rows)
	r.removeOrphans(ctx, rows, seen)
	r.eraseOrphanContents(ctx, rows)
	r.replenish(ctx, rows)
}

// offer wakes the actor of an instance, giving it what the lists say of it, so
// that it need not ask.
func (r *Reconciler) offer(inst *services.Instance, seen *everything, at int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.actor(inst.ID)
	if a == nil {
		return
	}
	if seen.docker && seen.tor {
		c, o := seen.container(inst), seen.onions[inst.Onion.Address]
		o.Address = inst.Onion.Address
		a.offered.Store(&snapshot{at: at, seen: Observed{Docker: true, Tor: true, Container: c, Onion: o}})
	}
	a.wake()
}

// rows reads every instance that has not ended.
func (r *Reconciler) rows(ctx context.Context) ([]*services.Instance, error) {
	var rows []*services.Instance
	err := r.o.Store.View(ctx, func(tx services.Tx) error {
		var err error
		rows, err = tx.Instances(services.InstanceFilter{NotEnded: true})
		return err
	})
	return rows, err
}

// purge removes what is older than it may be kept.
func (r *Reconciler) purge(ctx context.Context) {
	before := r.o.Clock.Now().Add(-r.o.Policy.Keep)
	if err := r.o.Store.Update(ctx, func(tx services.Tx) error { return tx.Purge(before) }); err != nil {
		r.o.Log.Error("purge", "error", err)
	}
}
