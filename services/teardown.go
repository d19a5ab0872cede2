package services

import (
	"context"
	"time"
)

// goneProbe is how long one check that an address no longer opens may take. A
// tor client asks every introduction point before it gives up.
const goneProbe = 8 * time.Second

// leftAfter is when the owner is told that an end takes longer than it should.
const leftAfter = 30 * time.Second

// applyEnd decides that an instance ends. If even the row cannot be written
// (a full disk), an expired instance is taken down all the same: that needs
// no row.
func (r *Reconciler) applyEnd(ctx context.Context, inst *Instance, step Step) error {
	err := r.change(ctx, inst.ID, func(tx Tx, i *Instance, now time.Time) error {
		if i.Desired == DesiredGone || (step.Reason == ReasonExpired && i.ExpiresAt.After(now)) {
			return nil // stopped or extended in the meantime
		}
		reason := step.Reason
		if reason == ReasonUnreachable && i.State == StateReachable {
			return nil
		}
		if err := end(tx, i, reason, step.Fault, now); err != nil {
			return err
		}
		if err := r.say(tx, i, &Notice{
			Key: "ending/" + i.ID, Kind: KindStopping, Slot: "end/" + i.ID,
			DueAt: now.Add(leftAfter), Args: told(i),
		}); err != nil {
			return err
		}
		return tx.AddAudit(AuditEntry{At: now, Owner: i.Owner, Action: "end", Instance: i.ID, Outcome: "ok", Detail: string(reason)})
	})
	if err == nil || step.Reason != ReasonExpired {
		return err
	}
	r.o.Log.Error("expired instance taken down without its row", "instance", inst.ID, "error", err)
	_ = r.bounded(ctx, func(ctx context.Context) error { return r.o.Onions.Remove(ctx, inst.Onion.Address) })
	_ = r.bounded(ctx, func(ctx context.Context) error { return r.o.Runtime.Remove(ctx, inst.ID) })
	return err
}

// applyVerifyGone sees that the address no longer opens. What cannot be
// checked within the limit is finished unchecked, and the owner is told so.
func (r *Reconciler) applyVerifyGone(ctx context.Context, inst *Instance, since time.Time) (func(*Memo), error) {
	now := r.o.Clock.Now()
	if since.IsZero() {
		since = now
	}
	def, ok := r.o.Catalog.Find(inst.Service)
	if !ok || len(def.Ports) == 0 {
		return func(m *Memo) { m.GoneChecked = true }, nil
	}
	pctx, cancel := context.WithTimeout(ctx, goneProbe)
	defer cancel()
	err := r.o.Onions.Probe(pctx, inst.Onion.Address, def.Ports[0].Onion, ProbeTCP)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	switch {
	case err != nil && !IsCode(err, CodeUnavailable):
		return func(m *Memo) { m.GoneChecked, m.GoneSince = true, since }, nil
	case r.o.Clock.Now().Sub(since) >= r.o.Policy.GoneLimit:
		return func(m *Memo) { m.GoneChecked, m.GoneSince = true, time.Time{} }, nil
	}
	if err == nil { // it still opens: whatever serves it is asked to go once more
		err = r.bounded(ctx, func(ctx context.Context) error { return r.o.Onions.Remove(ctx, inst.Onion.Address) })
	}
	again := r.o.Clock.Now().Add(r.o.Policy.ProbeRetry)
	return func(m *Memo) { m.GoneSince = since; m.wait(StepVerifyGone, again) }, err
}

// finish erases everything of an instance but what the audit needs, and tells
// its owner.
func (r *Reconciler) finish(ctx context.Context, inst *Instance, checked bool) error {
	if err := r.o.Contents.Erase(inst.ID); err != nil {
		return Wrap(CodeReadOnlyState, err)
	}
	err := r.change(ctx, inst.ID, func(tx Tx, i *Instance, now time.Time) error {
		if i.Desired != DesiredGone || i.Ended() {
			return nil
		}
		if err := r.sayGone(tx, i, checked, now); err != nil {
			return err
		}
		if err := tx.AddAudit(AuditEntry{At: now, Owner: i.Owner, Action: "gone", Instance: i.ID, Outcome: "ok", Detail: string(i.Reason)}); err != nil {
			return err
		}
		i.State, i.EndedAt, i.UpdatedAt = StateGone, now, now
		if err := tx.PutInstance(i); err != nil {
			return err
		}
		return tx.EraseInstance(i.ID)
	})
	if err != nil {
		return err
	}
	r.o.Keyring.Drop(inst.Onion.Address)
	r.o.Outbox.Poke()
	r.askScrub()
	if inst.Owner == "" {
		r.Poke("") // a warm address is due for replacement
	}
	return nil
}

// sayGone replaces the notice that the end takes long by the one that it is over.
func (r *Reconciler) sayGone(tx Tx, i *Instance, checked bool, now time.Time) error {
	pending, err := tx.PendingNotices(i.ID)
	if err != nil {
		return err
	}
	for _, n := range pending {
		if n.Key != "ending/"+i.ID {
			continue
		}
		n.State = NoticeSkipped
		if err := tx.PutNotice(n); err != nil {
			return err
		}
	}
	args := told(i)
	args["fault"] = string(i.Fault)
	if checked {
		args["checked"] = now.UTC().Format(time.RFC3339)
	}
	return r.say(tx, i, &Notice{
		Key: "gone/" + i.ID, Kind: goneKind(i.Reason), Slot: "end/" + i.ID, Args: args, DueAt: now, Alert: true,
	})
}

func goneKind(reason Reason) Kind {
	switch reason {
	case ReasonUnreachable:
		return KindUnreachable
	case ReasonFailed, ReasonLost:
		return KindLost
	}
	return KindGone
}
