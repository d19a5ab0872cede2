package services

import (
	"context"
	"time"
)

// compare looks at everything at once: it gives every row that has not ended
// an actor, removes what no row knows, and keeps the warm addresses up.
func (r *Reconciler) compare(ctx context.Context) {
	// The lists are taken before the rows: a row is always written before
	// anything outside exists, so whatever is in a list and has a row is seen
	// with it.
	seen := r.observeAll(ctx)
	rows, err := r.rows(ctx)
	if err != nil {
		r.o.Log.Error("read instances", "error", err)
		return
	}
	for _, inst := range rows {
		r.Poke(inst.ID)
	}
	r.note(rows)
	r.removeOrphans(ctx, rows, seen)
	r.eraseOrphanContents(ctx, rows)
	r.replenish(ctx, rows)
}

// rows reads every instance that has not ended.
func (r *Reconciler) rows(ctx context.Context) ([]*Instance, error) {
	var rows []*Instance
	err := r.o.Store.View(ctx, func(tx Tx) error {
		var err error
		rows, err = tx.Instances(InstanceFilter{NotEnded: true})
		return err
	})
	return rows, err
}

// restock replaces a warm address that was given away, once nobody waits for
// a start any more.
func (r *Reconciler) restock(ctx context.Context) {
	if r.o.Policy.NoWarm || r.retired.Load() {
		return
	}
	var rows []*Instance
	err := r.o.Store.View(ctx, func(tx Tx) error {
		for _, f := range []InstanceFilter{
			{Desired: DesiredWarm},
			{Desired: DesiredRunning, State: StateStarting},
			{Desired: DesiredRunning, State: StatePublishing},
		} {
			some, err := tx.Instances(f)
			if err != nil {
				return err
			}
			rows = append(rows, some...)
		}
		return nil
	})
	if err != nil {
		r.o.Log.Error("read instances", "error", err)
		return
	}
	r.replenish(ctx, rows)
}

func (r *Reconciler) askRestock() {
	select {
	case r.stock <- struct{}{}:
	default:
	}
}

// replenish keeps addresses published ahead of time, unless somebody is
// waiting for a start.
func (r *Reconciler) replenish(ctx context.Context, rows []*Instance) {
	if r.o.Policy.NoWarm || r.retired.Load() {
		return
	}
	have := make(map[string]int)
	for _, inst := range rows {
		switch {
		case inst.Desired == DesiredWarm:
			have[inst.Service]++
		case inst.Live() && inst.ReadyAt.IsZero():
			return
		}
	}
	for _, def := range r.o.Catalog.All() {
		for n := have[def.Name]; n < def.Warm && !def.EphemeralKey; n++ {
			if err := r.addWarm(ctx, def); err != nil {
				r.o.Log.Error("add warm address", "service", def.Name, "error", err)
				return
			}
		}
	}
}

// Retire ends the making of addresses ahead of time, for good: everything is
// being taken down.
func (r *Reconciler) Retire() { r.retired.Store(true) }

func (r *Reconciler) addWarm(ctx context.Context, def *Definition) error {
	onion, err := r.o.Onions.NewOnion()
	if err != nil {
		return err
	}
	now := r.o.Clock.Now()
	inst := &Instance{
		ID: NewID(), Service: def.Name, Onion: onion, Desired: DesiredWarm, State: StateStarting,
		CreatedAt: now, UpdatedAt: now, ExpiresAt: now.Add(r.o.Policy.WarmAge),
	}
	err = r.o.Store.Update(ctx, func(tx Tx) error {
		if r.retired.Load() {
			return nil // writers are serialised: after this the taking down sees every row
		}
		return tx.PutInstance(inst)
	})
	if err == nil {
		r.Poke(inst.ID)
	}
	return err
}

// purge removes what is older than it may be kept.
func (r *Reconciler) purge(ctx context.Context) {
	before := r.o.Clock.Now().Add(-r.o.Policy.Keep)
	if err := r.o.Store.Update(ctx, func(tx Tx) error { return tx.Purge(before) }); err != nil {
		r.o.Log.Error("purge", "error", err)
	}
}

// scrubber makes erased rows unreadable soon after they were erased, once for
// many.
func (r *Reconciler) scrubber(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.scrub:
		}
		pause(ctx, 200*time.Millisecond)
		sctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.o.Policy.StepTimeout)
		if err := r.o.Store.Scrub(sctx); err != nil {
			r.o.Log.Error("scrub", "error", err)
		}
		cancel()
	}
}

func (r *Reconciler) askScrub() {
	select {
	case r.scrub <- struct{}{}:
	default:
	}
}
