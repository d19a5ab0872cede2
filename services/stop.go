package services

import (
	"context"
	"time"
)

// Stop begins the end of one instance. Saying it twice gets the same answer.
func (m *Manager) Stop(ctx context.Context, req Request, target string) error {
	var poke string
	err := m.command(ctx, req, AuditEntry{Action: "stop"}, func(tx Tx, now time.Time) ([]*Notice, error) {
		inst, err := find(tx, req.User, target)
		if err != nil {
			return nil, err
		}
		poke = inst.ID
		if err := end(tx, inst, ReasonStopped, FaultNone, now); err != nil {
			return nil, err
		}
		return []*Notice{{Key: req.replyKey(), Kind: KindStopping, Instance: inst.ID, Slot: "end/" + inst.ID, Args: told(inst)}}, nil
	})
	if err == nil && poke != "" {
		m.o.Engine.Poke(poke)
	}
	return err
}

// StopAll begins the end of everything the user has running.
func (m *Manager) StopAll(ctx context.Context, req Request) error {
	var pokes []string
	err := m.command(ctx, req, AuditEntry{Action: "stop-all"}, func(tx Tx, now time.Time) ([]*Notice, error) {
		mine, err := tx.Instances(InstanceFilter{Owner: req.User.Name, NotEnded: true})
		if err != nil {
			return nil, err
		}
		if len(mine) == 0 {
			return nil, E(CodeNothingRunning)
		}
		var notices []*Notice
		for _, inst := range mine {
			pokes = append(pokes, inst.ID)
			if err := end(tx, inst, ReasonStopped, FaultNone, now); err != nil {
				return nil, err
			}
			notices = append(notices, &Notice{
				Key: req.replyKey() + "/" + inst.ID, Kind: KindStopping, Instance: inst.ID,
				Slot: "end/" + inst.ID, Args: told(inst),
			})
		}
		return notices, nil
	})
	if err == nil {
		for _, id := range pokes {
			m.o.Engine.Poke(id)
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
			if err := end(tx, inst, ReasonDown, FaultNone, now); err != nil {
				return err
			}
		}
		return tx.AddAudit(AuditEntry{At: now, Action: "down", Outcome: "ok"})
	})
	if err == nil {
		m.o.Engine.Poke("")
	}
	return err
}

// end makes a row say that nothing of it should be left. What was still to be
// said about its life is not said any more. An instance that is ending
// already keeps its first reason.
func end(tx Tx, inst *Instance, reason Reason, fault Fault, now time.Time) error {
	if inst.Desired == DesiredGone {
		return nil
	}
	pending, err := tx.PendingNotices(inst.ID)
	if err != nil {
		return err
	}
	for _, n := range pending {
		if n.Kind == KindReply || n.Kind == KindExtended || n.Kind == KindContent {
			continue
		}
		n.State = NoticeSkipped
		if err := tx.PutNotice(n); err != nil {
			return err
		}
	}
	inst.Desired, inst.State = DesiredGone, StateStopping
	inst.Reason, inst.Fault, inst.UpdatedAt = reason, fault, now
	return tx.PutInstance(inst)
}

// told is what a notice must carry itself, because the row may be erased
// before it is sent.
func told(inst *Instance) map[string]string {
	return map[string]string{"name": inst.Name, "service": inst.Service, "reason": string(inst.Reason)}
}
