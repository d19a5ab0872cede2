package services

import (
	"context"
	"time"
)

// Extend moves the deadline of an instance by some time. The running shim is
// told without a restart.
func (m *Manager) Extend(ctx context.Context, req Request, target string, by time.Duration) error {
	var changed string
	err := m.command(ctx, req, AuditEntry{Action: "more", Detail: by.String()}, func(tx Tx, now time.Time) ([]*Notice, error) {
		inst, err := find(tx, req.User, target, DeedExtend)
		if err != nil {
			return nil, err
		}
		if !inst.Live() || !inst.ExpiresAt.After(now) {
			return nil, E(CodeEnding, "name", inst.Name)
		}
		if err := m.extend(tx, req.User, inst, by, now); err != nil {
			return nil, err
		}
		changed = inst.ID
		reply := &Notice{
			Key: req.replyKey(), Kind: KindExtended, Instance: inst.ID, Alert: true,
			Args: map[string]string{"by": by.String()},
		}
		return append([]*Notice{reply}, m.reminders(inst, now)...), nil
	})
	if err == nil && changed != "" {
		m.o.Reconciler.Notify(changed)
	}
	return err
}

func (m *Manager) extend(tx Tx, u *User, inst *Instance, by time.Duration, now time.Time) error {
	if by <= 0 {
		return E(CodeTooShort, "min", time.Minute.String())
	}
	expires := inst.ExpiresAt.Add(by)
	longest := u.MaxLife
	if def, ok := m.o.Catalog.Find(inst.Service); ok { // it may have left the catalogue
		longest = shorter(def.MaxLife, longest)
	}
	if longest > 0 && expires.Sub(inst.CreatedAt) > longest {
		left := inst.CreatedAt.Add(longest).Sub(inst.ExpiresAt)
		return E(CodeTooLong, "max", longest.String(), "left", max(left, 0).Truncate(time.Second).String())
	}
	inst.ExpiresAt, inst.UpdatedAt = expires, now
	if err := tx.SkipNotices(inst.ID, KindReminder); err != nil {
		return err
	}
	return tx.PutInstance(inst)
}
