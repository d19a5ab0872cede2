package reconcile

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"onionbot/services"
)

// trouble is what goes wrong with an instance.
type trouble struct {
	fault  services.Fault
	exit   services.Container // how the app ended, if it did
	repair bool               // it uses up a repair
	tell   bool               // its owner has not been told of this fault since it was last reachable
}

// args are what a notice says of it.
func (t trouble) args() map[string]string {
	args := map[string]string{"fault": string(t.fault)}
	if t.fault == services.FaultContainer {
		exitArgs(args, t.exit)
	}
	return args
}

// exitArgs adds how an app ended: its exit code, and whether it lacked memory.
func exitArgs(args map[string]string, c services.Container) {
	if c.State != services.ContainerExited || c.Exit != services.ExitApp {
		return
	}
	if c.ExitCode >= 0 {
		args["exit"] = strconv.Itoa(c.ExitCode)
	}
	if c.NoMemory {
		args["memory"] = "true"
	}
}

// tellDown writes down that a reachable instance is in trouble. If that
// fails, the repair goes on all the same.
func (r *Reconciler) tellDown(ctx context.Context, j *job, fault services.Fault) {
	if j.inst.State != services.StateReachable {
		return
	}
	if err := r.markDown(ctx, j.inst.ID, trouble{fault: fault, exit: j.memo.Exit}); err != nil {
		r.o.Log.Error("mark down", "instance", j.inst.ID, "error", err)
		return
	}
	j.memo.told(fault)
	j.remember(func(m *Memo) { m.told(fault) })
}

// troubled writes down that a step has failed, and tells the owner of each
// fault once.
func (r *Reconciler) troubled(ctx context.Context, j *job, fault services.Fault, repair bool) error {
	t := trouble{fault: fault, exit: j.memo.Exit, repair: repair, tell: !j.memo.Told[fault]}
	if err := r.markTrouble(ctx, j.inst.ID, t); err != nil {
		return err
	}
	j.memo.told(fault)
	j.remember(func(m *Memo) { m.told(fault) })
	return nil
}

// markDown writes down that a reachable instance is in trouble; the owner is
// told if it is not back soon.
func (r *Reconciler) markDown(ctx context.Context, id string, t trouble) error {
	return r.change(ctx, id, func(tx services.Tx, i *services.Instance, now time.Time) error {
		if !i.Live() || i.State != services.StateReachable {
			return nil
		}
		i.State, i.Fault, i.UpdatedAt = services.StateDown, t.fault, now
		if err := tx.PutInstance(i); err != nil {
			return err
		}
		return r.sayDown(tx, i, t, now)
	})
}

// markTrouble writes down what is wrong with an instance that is not
// reachable. Its owner is told if this is news.
func (r *Reconciler) markTrouble(ctx context.Context, id string, t trouble) error {
	return r.change(ctx, id, func(tx services.Tx, i *services.Instance, now time.Time) error {
		if !i.Live() || i.Fault == t.fault && !t.repair {
			return nil
		}
		if t.repair {
			i.Repairs++
		}
		i.Fault, i.UpdatedAt = t.fault, now
		if err := tx.PutInstance(i); err != nil || !t.tell {
			return err
		}
		switch {
		case i.State == services.StateDown:
			return r.sayDown(tx, i, t, now)
		case i.ReadyAt.IsZero():
			return r.say(tx, i, &services.Notice{
				Key: fmt.Sprintf("trouble/%s/%d/%s", i.ID, now.UnixMilli(), t.fault), Kind: services.KindProgress,
				Slot: services.CardSlot(i.ID), Args: t.args(), DueAt: now, StaleAt: now.Add(time.Minute),
			})
		}
		return nil
	})
}

// sayDown stores the notice that an instance is down, in the place of one that
// was not sent yet.
func (r *Reconciler) sayDown(tx services.Tx, i *services.Instance, t trouble, now time.Time) error {
	if err := tx.SkipNotices(i.ID, services.KindDown); err != nil {
		return err
	}
	return r.say(tx, i, &services.Notice{
		Key: fmt.Sprintf("down/%s/%d/%s", i.ID, now.UnixMilli(), t.fault), Kind: services.KindDown, Alert: true,
		Args: t.args(), DueAt: now.Add(r.o.Policy.DownGrace),
	})
}
