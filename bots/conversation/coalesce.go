package conversation

import (
	"context"
	"errors"

	"onionbot/services"
)

// current reads a notice again; nil if somebody has dealt with it meanwhile.
func current(tx services.Tx, n *services.Notice) (*services.Notice, error) {
	if n.Instance == "" {
		return n, nil // replies are never taken back
	}
	fresh, err := tx.PendingNotice(n.ID)
	if services.IsCode(err, services.CodeNotFound) {
		return nil, nil
	}
	return fresh, err
}

// coalesce skips what a later notice for the same place replaces.
func (b *Outbox) coalesce(ctx context.Context, due []*services.Notice) []*services.Notice {
	type place struct {
		slot string
		to   services.Route
	}
	last := make(map[place]*services.Notice)
	for _, n := range due {
		if n.Slot != "" {
			last[place{n.Slot, n.To}] = n
		}
	}
	var out, old []*services.Notice
	for _, n := range due {
		if newest := last[place{n.Slot, n.To}]; n.Slot != "" && newest != n {
			newest.Alert = newest.Alert || n.Alert
			old = append(old, n)
			continue
		}
		out = append(out, n)
	}
	if len(old) == 0 {
		return out
	}
	err := b.o.Store.Update(ctx, func(tx services.Tx) error {
		for _, n := range old {
			fresh, err := current(tx, n)
			if err != nil {
				return err
			}
			if fresh == nil {
				continue
			}
			fresh.State = services.NoticeSkipped
			if err := tx.PutNotice(fresh); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		b.o.Log.Error("skip replaced notices", "error", err)
		return due
	}
	return out
}
