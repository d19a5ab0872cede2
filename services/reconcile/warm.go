package reconcile

import (
	"context"

	"onionbot/services"
)

// restock replaces a warm address that was given away, once nobody waits for
// a start any more.
func (r *Reconciler) restock(ctx context.Context) {
	if r.o.Policy.NoWarm || r.retired.Load() {
		return
	}
	var rows []*services.Instance
	err := r.o.Store.View(ctx, func(tx services.Tx) error {
		for _, f := range []services.InstanceFilter{
			{Desired: services.DesiredWarm},
			{Desired: services.DesiredRunning, State: services.StateStarting},
			{Desired: services.DesiredRunning, State: services.StatePublishing},
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
	case r.restocks <- struct{}{}:
	default:
	}
}

// replenish keeps addresses published ahead of time, unless somebody is
// waiting for a start.
func (r *Reconciler) replenish(ctx context.Context, rows []*services.Instance) {
	if r.o.Policy.NoWarm || r.retired.Load() {
		return
	}
	have := make(map[string]int)
	for _, inst := range rows {
		switch {
		case inst.Desired == services.DesiredWarm:
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

func (r *Reconciler) addWarm(ctx context.Context, def *services.Definition) error {
	onion, err := r.o.Onions.NewOnion()
	if err != nil {
		return err
	}
	now := r.o.Clock.Now()
	inst := &services.Instance{
		ID: services.NewID(), Service: def.Name, Onion: onion, Desired: services.DesiredWarm, State: services.StateStarting,
		CreatedAt: now, UpdatedAt: now, ExpiresAt: now.Add(r.o.Policy.WarmAge),
	}
	err = r.o.Store.Update(ctx, func(tx services.Tx) error {
		if r.retired.Load() {
			return nil // writers are serialised: after this the taking down sees every row
		}
		return tx.PutInstance(inst)
	})
	if err == nil {
		r.Notify(inst.ID)
	}
	return err
}
