package reconcile

import (
	"context"
	"time"

	"onionbot/services"
)

// goneProbe is how long one check that an address no longer opens may take. A
// tor client asks every introduction point before it gives up.
const goneProbe = 12 * time.Second

// leftAfter is when the owner is told that an end takes longer than it should.
const leftAfter = 30 * time.Second

// applyEnd decides that an instance ends. If even the row cannot be written
// (a full disk), an expired instance is taken down all the same: that needs
// no row.
func (r *Reconciler) applyEnd(ctx context.Context, j *job) error {
	inst, step := j.inst, j.step
	r.tellEarly(j)
	err := r.change(ctx, inst.ID, func(tx services.Tx, i *services.Instance, now time.Time) error {
		if i.Desired == services.DesiredGone || step.Reason == services.ReasonExpired && !step.Reported && i.ExpiresAt.After(now) {
			return nil // stopped or extended in the meantime
		}
		reason := step.Reason
		if reason == services.ReasonUnreachable && i.State == services.StateReachable {
			return nil
		}
		if err := services.End(tx, i, reason, step.Fault, now); err != nil {
			return err
		}
		if err := r.say(tx, i, &services.Notice{
			Key: "ending/" + i.ID, Kind: services.KindStopping, Slot: "end/" + i.ID,
			DueAt: now.Add(leftAfter), Args: services.EndArgs(i),
		}); err != nil {
			return err
		}
		return tx.AddAudit(services.AuditEntry{At: now, Owner: i.Owner, Action: "end", Instance: i.ID, Outcome: "ok", Detail: string(reason)})
	})
	if err == nil || step.Reason != services.ReasonExpired {
		return err
	}
	r.o.Log.Error("expired instance taken down without its row", "instance", inst.ID, "error", err)
	_ = r.bounded(ctx, func(ctx context.Context) error { return r.o.Onions.Remove(ctx, inst.Onion.Address) })
	if step.Reported { // the container serves nothing, and is what tells that it has ended
		return err
	}
	_ = r.bounded(ctx, func(ctx context.Context) error { return r.remove(ctx, inst) })
	return err
}

// applyVerifyGone sees that the address no longer opens. Only tor's definite
// answer counts. What cannot be checked within the limit is finished
// unchecked, and the owner is told so.
func (r *Reconciler) applyVerifyGone(ctx context.Context, j *job) error {
	since := j.memo.GoneSince
	if since.IsZero() {
		since = r.o.Clock.Now()
	}
	pctx, cancel := context.WithTimeout(ctx, goneProbe)
	defer cancel()
	err := r.o.Onions.Probe(pctx, r.onionOf(j.inst), r.anyPort(j.inst), services.ProbeTCP)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	switch {
	case services.IsCode(err, services.CodeClosed):
		j.remember(func(m *Memo) { m.GoneChecked, m.GoneSince = true, since })
		return nil
	case r.o.Clock.Now().Sub(since) >= r.o.Policy.GoneLimit:
		r.o.Log.Warn("not checked that the address no longer opens", "instance", j.inst.ID, "error", err)
		j.remember(func(m *Memo) { m.GoneChecked, m.GoneSince = true, time.Time{} })
		return nil
	}
	if err == nil || services.IsCode(err, services.CodeBusy) { // it is still there: whatever serves it is asked to go once more
		err = r.bounded(ctx, func(ctx context.Context) error { return r.o.Onions.Remove(ctx, j.inst.Onion.Address) })
	}
	again := r.o.Clock.Now().Add(r.o.Policy.ProbeRetry)
	j.remember(func(m *Memo) { m.GoneSince = since; m.wait(StepVerifyGone, again) })
	return err
}

// anyPort is a port of the onion; that of a web site if its service has left
// the catalogue, since an address that is gone has no port at all.
func (r *Reconciler) anyPort(inst *services.Instance) int {
	if def, ok := r.o.Catalog.Find(inst.Service); ok && len(def.Ports) > 0 {
		return def.Ports[0].Onion
	}
	return 80
}

// finish erases everything of an instance but what the audit needs, and tells
// its owner.
func (r *Reconciler) finish(ctx context.Context, j *job) error {
	inst := j.inst
	if err := r.o.Contents.Erase(inst.ID); err != nil {
		return services.Wrap(services.CodeReadOnlyState, err)
	}
	err := r.change(ctx, inst.ID, func(tx services.Tx, i *services.Instance, now time.Time) error {
		if i.Desired != services.DesiredGone || i.Ended() {
			return nil
		}
		if err := r.sayGone(tx, i, j.memo, now); err != nil {
			return err
		}
		if err := tx.AddAudit(services.AuditEntry{At: now, Owner: i.Owner, Action: "gone", Instance: i.ID, Outcome: "ok", Detail: string(i.Reason)}); err != nil {
			return err
		}
		i.State, i.EndedAt, i.UpdatedAt = services.StateGone, now, now
		if err := tx.PutInstance(i); err != nil {
			return err
		}
		return tx.EraseInstance(i.ID)
	})
	if err != nil {
		return err
	}
	r.o.Keyring.Drop(inst.Onion.Address)
	r.o.Outbox.Notify()
	r.askScrub()
	if inst.Owner == "" {
		r.Notify("") // a warm address is due for replacement
	}
	return nil
}

// sayGone replaces the notice that the end takes long by the one that it is over.
func (r *Reconciler) sayGone(tx services.Tx, i *services.Instance, memo Memo, now time.Time) error {
	pending, err := tx.PendingNotices(i.ID)
	if err != nil {
		return err
	}
	for _, n := range pending {
		if n.Key != "ending/"+i.ID {
			continue
		}
		n.State = services.NoticeSkipped
		if err := tx.PutNotice(n); err != nil {
			return err
		}
	}
	args := services.EndArgs(i)
	args["fault"] = string(i.Fault)
	if i.Fault == services.FaultContainer {
		exitArgs(args, memo.Exit)
	}
	if i.Reason == services.ReasonExpired && memo.Early > 0 {
		args["early"] = memo.Early.String()
	}
	if memo.GoneChecked && !memo.GoneSince.IsZero() {
		args["checked"] = now.UTC().Format(time.RFC3339)
	}
	if i.ReadyAt.IsZero() {
		args["opened"] = "never"
	}
	return r.say(tx, i, &services.Notice{
		Key: "gone/" + i.ID, Kind: goneKind(i.Reason), Slot: "end/" + i.ID, Args: args, DueAt: now, Alert: true,
	})
}

func goneKind(reason services.Reason) services.Kind {
	switch reason {
	case services.ReasonUnreachable:
		return services.KindUnreachable
	case services.ReasonFailed, services.ReasonLost:
		return services.KindLost
	}
	return services.KindGone
}
