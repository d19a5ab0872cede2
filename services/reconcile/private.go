package reconcile

import (
	"context"
	"errors"
	"time"

	"onionbot/services"
)

// admits reports whether the onion is known to let in just those whom it
// should. Of one that an earlier process has left on a tor this is not known.
func (v *view) admits() bool { return v.Onion.Admits == v.inst.Onion.Admits() }

// unguarded reports whether it has yet to be shown that a private onion, as it
// is published now, is closed to strangers.
func (v *view) unguarded() bool { return v.inst.Onion.Private() && !v.Onion.Guarded }

// onionOf is the instance's onion with its key, wherever that is kept.
func (r *Reconciler) onionOf(inst *services.Instance) services.Onion {
	onion := inst.Onion
	if onion.Key == "" {
		onion.Key = r.o.Keyring.Get(onion.Address)
	}
	return onion
}

// guard shows that a private onion is closed to strangers, unless that was
// shown since it was published.
func (r *Reconciler) guard(ctx context.Context, inst *services.Instance, port int) error {
	onion := r.onionOf(inst)
	if !onion.Private() {
		return nil
	}
	status, err := r.o.Onions.Status(ctx, onion.Address)
	switch {
	case err != nil:
		return err
	case status.Admits != onion.Admits():
		return errors.New("the private onion has to be published anew")
	case status.Guarded:
		return nil
	}
	return r.o.Onions.Guard(ctx, onion, port)
}

// expose gives up an instance whose address strangers could open. It is off its
// tor already, and is not tried again: what tor did once it can do again.
func (r *Reconciler) expose(ctx context.Context, j *job, err error) error {
	j.remember(func(m *Memo) { m.Exposed = true })
	r.o.Log.Error("a private address was open without a key, and is given up", "instance", j.inst.ID, "error", err)
	return errors.Join(
		r.bounded(ctx, func(ctx context.Context) error { return r.o.Onions.Remove(ctx, j.inst.Onion.Address) }),
		r.change(ctx, j.inst.ID, func(tx services.Tx, i *services.Instance, now time.Time) error {
			return tx.AddAudit(services.AuditEntry{
				At: now, Owner: i.Owner, Action: "guard", Instance: i.ID, Outcome: string(services.CodeExposed),
			})
		}))
}
