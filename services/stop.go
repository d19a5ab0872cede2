package services

import (
	"context"
	"slices"
	"time"
)

// Stop begins the end of one instance. Saying it twice gets the same answer.
func (m *Manager) Stop(ctx context.Context, req Request, target string) error {
	var changed string
	err := m.command(ctx, req, AuditEntry{Action: "stop"}, func(tx Tx, now time.Time) ([]*Notice, error) {
		inst, err := find(tx, req.User, target)
		if err != nil {
			return nil, err
		}
		if !req.means(inst) {
			return nil, E(CodeTooOld)
		}
		changed = inst.ID
		if err := End(tx, inst, ReasonStopped, FaultNone, now); err != nil {
			return nil, err
		}
		return []*Notice{{Key: req.replyKey(), Kind: KindStopping, Instance: inst.ID, Slot: "end/" + inst.ID, Args: EndArgs(inst)}}, nil
	})
	if err == nil && changed != "" {
		m.o.Reconciler.Notify(changed)
	}
	return err
}

// StopAll begins the end of everything the user has running.
func (m *Manager) StopAll(ctx context.Context, req Request) error {
	var changed []string
	err := m.command(ctx, req, AuditEntry{Action: "stop-all"}, func(tx Tx, now time.Time) ([]*Notice, error) {
		mine, err := tx.Instances(InstanceFilter{Owner: req.User.Name, NotEnded: true})
		if err != nil {
			return nil, err
		}
		if len(mine) == 0 {
			return nil, E(CodeNothingRunning)
		}
		mine = slices.DeleteFunc(mine, func(i *Instance) bool { return !req.means(i) })
		if len(mine) == 0 {
			return nil, E(CodeTooOld)
		}
		var notices []*Notice
		for _, inst := range mine {
			changed = append(changed, inst.ID)
			if err := End(tx, inst, ReasonStopped, FaultNone, now); err != nil {
				return nil, err
			}
			notices = append(notices, &Notice{
				Key: req.replyKey() + "/" + inst.ID, Kind: KindStopping, Instance: inst.ID,
				Slot: "end/" + inst.ID, Args: EndArgs(inst),
			})
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
