package reconcile

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"onionbot/services"
)

// change reads a row, lets fn alter it and what belongs to it, in one
// transaction. fn writes the row itself if it changed it.
func (r *Reconciler) change(ctx context.Context, id string, fn func(tx services.Tx, i *services.Instance, now time.Time) error) error {
	now := r.o.Clock.Now()
	err := r.o.Store.Update(ctx, func(tx services.Tx) error {
		i, err := tx.Instance(id)
		if err != nil {
			return err
		}
		return fn(tx, i, now)
	})
	r.recordDisk(err)
	if err != nil {
		return fmt.Errorf("change instance: %w", err)
	}
	r.o.Outbox.Notify()
	return nil
}

// say stores a notice to the instance's owner. A warm address has none.
func (r *Reconciler) say(tx services.Tx, i *services.Instance, n *services.Notice) error {
	if i.Owner == "" {
		return nil
	}
	n.To, n.Owner, n.Instance, n.State = i.Origin, i.Owner, i.ID, services.NoticePending
	_, err := tx.AddNotice(n)
	return err
}

// progress moves a starting instance on when its container or its descriptor
// is there, and lets the actor go on at once.
func (r *Reconciler) progress(ctx context.Context, id string) error {
	return r.change(ctx, id, func(tx services.Tx, i *services.Instance, now time.Time) error {
		if i.Desired == services.DesiredGone || i.State != services.StateStarting {
			return nil
		}
		i.State, i.UpdatedAt = services.StatePublishing, now
		return tx.PutInstance(i)
	})
}

// tellProgress shows a step of the image build in the first reply's place.
func (r *Reconciler) tellProgress(ctx context.Context, inst *services.Instance, step string) {
	err := r.change(ctx, inst.ID, func(tx services.Tx, i *services.Instance, now time.Time) error {
		if !i.Live() {
			return nil
		}
		return r.say(tx, i, &services.Notice{
			Key: fmt.Sprintf("progress/%s/%d", i.ID, now.UnixMilli()), Kind: services.KindProgress, Slot: services.CardSlot(i.ID),
			Args: map[string]string{"step": step}, DueAt: now, StaleAt: now.Add(time.Minute),
		})
	})
	if err != nil && ctx.Err() == nil {
		r.o.Log.Error("tell progress", "instance", inst.ID, "error", err)
	}
}

// markReachable notes that the address was opened through tor just now or, if
// it was not, that everything that makes it open is there again.
func (r *Reconciler) markReachable(ctx context.Context, id string, opened bool) error {
	return r.change(ctx, id, func(tx services.Tx, i *services.Instance, now time.Time) error {
		if !i.Live() {
			return nil
		}
		first, was := i.ReadyAt.IsZero(), i.State
		i.State, i.Fault, i.UpdatedAt = services.StateReachable, services.FaultNone, now
		if opened || i.CheckedAt.IsZero() { // armed is only what was opened before
			i.CheckedAt = now
		}
		if first {
			i.ReadyAt = now
		}
		if err := tx.PutInstance(i); err != nil {
			return err
		}
		switch {
		case first:
			return r.tellReachable(tx, i, now)
		case was == services.StateDown:
			return r.tellBack(tx, i, now, opened)
		}
		return nil
	})
}

// tellReachable lets a first reply that still waits say it; if it has gone
// out already, a message that rings follows.
func (r *Reconciler) tellReachable(tx services.Tx, i *services.Instance, now time.Time) error {
	if err := tx.AddAudit(services.AuditEntry{At: now, Owner: i.Owner, Action: "reachable", Instance: i.ID, Outcome: "ok"}); err != nil {
		return err
	}
	pending, err := tx.PendingNotices(i.ID)
	if err != nil {
		return err
	}
	waiting := false
	for _, n := range pending {
		switch {
		case n.Kind == services.KindStarted && n.Attempts == 0:
			waiting = true
			n.DueAt = now
			err = tx.PutNotice(n)
		case n.Kind == services.KindProgress:
			n.State = services.NoticeSkipped
			err = tx.PutNotice(n)
		}
		if err != nil {
			return err
		}
	}
	if waiting {
		return nil
	}
	return r.say(tx, i, &services.Notice{
		Key: "reachable/" + i.ID, Kind: services.KindReachable, Slot: services.CardSlot(i.ID), DueAt: now, Alert: true,
	})
}

// tellBack takes a trouble back that was not told yet, or tells that it is over.
func (r *Reconciler) tellBack(tx services.Tx, i *services.Instance, now time.Time, opened bool) error {
	pending, err := tx.PendingNotices(i.ID)
	if err != nil {
		return err
	}
	untold := false
	for _, n := range pending {
		if n.Kind != services.KindDown {
			continue
		}
		untold = true
		n.State = services.NoticeSkipped
		if err := tx.PutNotice(n); err != nil {
			return err
		}
	}
	if untold {
		return nil
	}
	return r.say(tx, i, &services.Notice{
		Key: fmt.Sprintf("back/%s/%d", i.ID, now.UnixMilli()), Kind: services.KindBack, DueAt: now, Alert: true,
		Args: map[string]string{"opened": strconv.FormatBool(opened)},
	})
}

// markSettled forgets the repairs: the last one has held.
func (r *Reconciler) markSettled(ctx context.Context, id string) error {
	return r.change(ctx, id, func(tx services.Tx, i *services.Instance, now time.Time) error {
		if i.State != services.StateReachable || i.Repairs == 0 {
			return nil
		}
		i.Repairs, i.UpdatedAt = 0, now
		return tx.PutInstance(i)
	})
}
