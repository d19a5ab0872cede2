package services

import (
	"context"
	"slices"
	"time"
)

// Stop begins the end of the instances that the targets name; "" is the only
// one. Saying it twice gets the same answer.
func (m *Manager) Stop(ctx context.Context, req Request, targets ...string) error {
	return m.stop(ctx, req, "stop", func(tx Tx) ([]*Instance, error) {
		var meant []*Instance
		for _, target := range targets {
			inst, err := find(tx, req.User, target, DeedStop)
			if err != nil {
				return nil, err
			}
			if !slices.ContainsFunc(meant, func(i *Instance) bool { return i.ID == inst.ID }) {
				meant = append(meant, inst)
			}
		}
		return meant, nil
	})
}

// StopAll begins the end of everything the user has running; a service, if
// named, of that only. What runs it beside others at one address is stopped whole.
func (m *Manager) StopAll(ctx context.Context, req Request, service string) error {
	return m.stop(ctx, req, "stop-all", func(tx Tx) ([]*Instance, error) {
		all, err := tx.Instances(InstanceFilter{Owner: req.User.Name, NotEnded: true})
		if service == "" {
			return all, err
		}
		return slices.DeleteFunc(all, func(i *Instance) bool { return !i.runs(service) }), err
	})
}

// stop begins the end of what pick finds, in one transaction.
func (m *Manager) stop(ctx context.Context, req Request, action string, pick func(Tx) ([]*Instance, error)) error {
	var changed []string
	err := m.command(ctx, req, AuditEntry{Action: action}, func(tx Tx, now time.Time) ([]*Notice, error) {
		meant, err := pick(tx)
		if err != nil {
			return nil, err
		}
		if len(meant) == 0 {
			return nil, E(CodeNothingRunning)
		}
		meant = slices.DeleteFunc(meant, func(i *Instance) bool { return !req.means(i) })
		if len(meant) == 0 {
			return nil, E(CodeTooOld)
		}
		var notices []*Notice
		for _, inst := range meant {
			changed = append(changed, inst.ID)
			if err := End(tx, inst, ReasonStopped, FaultNone, now); err != nil {
				return nil, err
			}
			n := &Notice{Key: req.replyKey(), Kind: KindStopping, Instance: inst.ID, Slot: "end/" + inst.ID, Args: EndArgs(inst)}
			if action != "stop" || len(meant) > 1 {
				n.Key += "/" + inst.ID
			}
			notices = append(notices, n)
		}
		return notices, nil
	})
	if err == nil {
		for _, id := range changed {
			m.o.Reconciler.Notify(id)
		}
	}
	return err
}

// TakeDown begins the end of everything, warm addresses included, without
// asking anybody: the operator takes the bot down.
func (m *Manager) TakeDown(ctx context.Context) error {
	now := m.o.Clock.Now()
	err := m.o.Store.Update(ctx, func(tx Tx) error {
		all, err := tx.Instances(InstanceFilter{NotEnded: true})
		if err != nil {
			return err
		}
		for _, inst := range all {
			if err := End(tx, inst, ReasonDown, FaultNone, now); err != nil {
				return err
			}
		}
		return tx.AddAudit(AuditEntry{At: now, Action: "down", Outcome: "ok"})
	})
	if err == nil {
		m.o.Reconciler.Notify("")
	}
	return err
}
