package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"onionbot/services"
)

func (tx *memoryTx) AddNotice(n *services.Notice) (bool, error) {
	if err := tx.write("AddNotice"); err != nil {
		return false, err
	}
	if n.Key == "" {
		return false, fmt.Errorf("notice without a key")
	}
	c := copyNotice(n)
	if c.State == "" {
		c.State = services.NoticePending
	}
	if err := checkNotice(c.State); err != nil {
		return false, err
	}
	if _, used := tx.s.keys[n.Key]; used {
		return false, nil
	}
	tx.s.lastNote++
	c.ID = tx.s.lastNote
	n.ID = c.ID
	tx.s.notices[c.ID] = finish(c)
	tx.s.keys[c.Key] = c.ID
	return true, nil
}

func (tx *memoryTx) PutNotice(n *services.Notice) error {
	if err := tx.write("PutNotice"); err != nil {
		return err
	}
	if err := checkNotice(n.State); err != nil {
		return err
	}
	old, ok := tx.s.notices[n.ID]
	if !ok {
		return services.E(services.CodeNotFound)
	}
	c := copyNotice(old)
	c.State, c.Attempts, c.RemoteID = n.State, n.Attempts, n.RemoteID
	c.NextAt, c.DueAt = stored(n.NextAt), stored(n.DueAt)
	tx.s.notices[c.ID] = finish(c)
	return nil
}

// finish takes from a notice that is no longer pending what nobody needs any more.
func finish(n *services.Notice) *services.Notice {
	if n.State != services.NoticePending {
		n.Body, n.Args, n.To = nil, nil, services.Route{}
	}
	return n
}

func checkNotice(s services.NoticeState) error {
	switch s {
	case services.NoticePending, services.NoticeSent, services.NoticeSkipped, services.NoticeGivenUp:
		return nil
	}
	return fmt.Errorf("notice with unknown state %q", s)
}

func (tx *memoryTx) DueNotices(now time.Time, limit int) ([]*services.Notice, error) {
	if err := tx.read("DueNotices"); err != nil {
		return nil, err
	}
	at := stored(now)
	out := tx.pending(func(n *services.Notice) bool { return !n.DueAt.After(at) && !n.NextAt.After(at) })
	slices.SortStableFunc(out, func(a, b *services.Notice) int { return a.DueAt.Compare(b.DueAt) })
	return nonEmpty(out[:min(max(limit, 0), len(out))]), nil
}

func (tx *memoryTx) NextNoticeAt() (time.Time, error) {
	if err := tx.read("NextNoticeAt"); err != nil {
		return time.Time{}, err
	}
	var next time.Time
	for _, n := range tx.s.notices {
		if n.State != services.NoticePending {
			continue
		}
		at := time.UnixMilli(0).UTC() // one without a time is due, too
		for _, moment := range []time.Time{n.DueAt, n.NextAt} {
			if moment.After(at) {
				at = moment
			}
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next, nil
}

func (tx *memoryTx) PendingNotices(instance string) ([]*services.Notice, error) {
	if err := tx.read("PendingNotices"); err != nil {
		return nil, err
	}
	return tx.pending(func(n *services.Notice) bool { return n.Instance == instance }), nil
}

func (tx *memoryTx) PendingNotice(id int64) (*services.Notice, error) {
	if err := tx.read("PendingNotice"); err != nil {
		return nil, err
	}
	n, ok := tx.s.notices[id]
	if !ok || n.State != services.NoticePending {
		return nil, services.E(services.CodeNotFound)
	}
	return copyNotice(n), nil
}

func (tx *memoryTx) SkipNotices(instance string, kinds ...services.Kind) error {
	if err := tx.write("SkipNotices"); err != nil {
		return err
	}
	for _, n := range tx.pending(func(n *services.Notice) bool {
		return n.Instance == instance && slices.Contains(kinds, n.Kind)
	}) {
		n.State = services.NoticeSkipped
		tx.s.notices[n.ID] = finish(n)
	}
	return nil
}

// pending are copies of the pending notices that fit, by ID.
func (tx *memoryTx) pending(fits func(*services.Notice) bool) []*services.Notice {
	var out []*services.Notice
	for _, n := range tx.s.notices {
		if n.State == services.NoticePending && fits(n) {
			out = append(out, copyNotice(n))
		}
	}
	slices.SortFunc(out, func(a, b *services.Notice) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

func (tx *memoryTx) SlotMessage(slot string) (string, error) {
	if err := tx.read("SlotMessage"); err != nil {
		return "", err
	}
	var last services.Notice
	for _, n := range tx.s.notices {
		if slot != "" && n.Slot == slot && n.State == services.NoticeSent && n.ID > last.ID {
			last = *n
		}
	}
	return last.RemoteID, nil
}
