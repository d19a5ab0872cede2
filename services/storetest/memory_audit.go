package storetest

import (
	"cmp"
	"slices"
	"time"

	"onionbot/services"
)

func (tx *memoryTx) AddAudit(a services.AuditEntry) error {
	if err := tx.write("AddAudit"); err != nil {
		return err
	}
	a.At, a.Count = stored(a.At), 0
	tx.s.audit = append(tx.s.audit, a)
	return nil
}

func (tx *memoryTx) CountAudit(a services.AuditEntry) error {
	if err := tx.write("CountAudit"); err != nil {
		return err
	}
	a.At, a.Count = stored(a.At), 1
	same := func(b services.AuditEntry) bool {
		hour := b.At.Truncate(time.Hour).Equal(a.At.Truncate(time.Hour))
		b.At, b.Count = a.At, min(b.Count, 1)
		return hour && b == a
	}
	k := slices.IndexFunc(tx.s.audit, same)
	if k < 0 {
		tx.s.audit = append(tx.s.audit, a)
		return nil
	}
	tx.s.audit = slices.Clone(tx.s.audit) // what was committed is never changed
	tx.s.audit[k].Count++
	return nil
}

func (tx *memoryTx) Audit(limit int) ([]services.AuditEntry, error) {
	if err := tx.read("Audit"); err != nil {
		return nil, err
	}
	limit = min(max(limit, 0), len(tx.s.audit))
	out := slices.Clone(nonEmpty(tx.s.audit[len(tx.s.audit)-limit:]))
	slices.Reverse(out)
	return out, nil
}

func (tx *memoryTx) Purge(before time.Time) error {
	if err := tx.write("Purge"); err != nil {
		return err
	}
	s := tx.s
	for id, i := range s.instances {
		if i.Ended() && cmp.Or(i.EndedAt, i.UpdatedAt).Before(stored(before)) {
			delete(s.instances, id)
		}
	}
	for id, in := range s.incoming {
		if in.ReceivedAt.Before(stored(before)) {
			delete(s.incoming, id)
		}
	}
	for id, at := range s.handled {
		if at < before.UnixMilli() {
			delete(s.handled, id)
		}
	}
	for id, n := range s.notices {
		if n.State != services.NoticePending && n.DueAt.Before(stored(before)) {
			delete(s.notices, id)
			delete(s.keys, n.Key)
		}
	}
	var kept []services.AuditEntry
	for _, a := range s.audit {
		if !a.At.Before(stored(before)) {
			kept = append(kept, a)
		}
	}
	s.audit = kept
	s.invites = slices.DeleteFunc(s.invites, func(i *services.Invite) bool { return i.ExpiresAt.Before(stored(before)) })
	return nil
}
