package storetest

import (
	"testing"
	"time"

	"onionbot/services"
)

func auditIsNewestFirst(t *testing.T, s services.Store) {
	entry := func(action string) services.AuditEntry {
		return services.AuditEntry{
			At: base, Network: "m", Account: "hash", Owner: "alice", Action: action,
			Instance: "i", Outcome: "ok", Detail: "d",
		}
	}
	update(t, s, func(tx services.Tx) {
		is(t, []services.AuditEntry(nil))(tx.Audit(5))
		for _, action := range []string{"1", "2", "3"} {
			ok(t, tx.AddAudit(entry(action)))
		}
		is(t, []services.AuditEntry{entry("3"), entry("2")})(tx.Audit(2))
		is(t, []services.AuditEntry(nil))(tx.Audit(0))
	})
}

func countedAuditIsOneEntryAnHour(t *testing.T, s services.Store) {
	entry := func(minute, count int) services.AuditEntry {
		return services.AuditEntry{
			At: base.Add(time.Duration(minute) * time.Minute), Network: "m", Account: "hash",
			Action: "message", Outcome: "stranger", Count: count,
		}
	}
	other := entry(3, 1)
	other.Account = "another"
	plain := entry(4, 0)
	update(t, s, func(tx services.Tx) {
		ok(t, tx.CountAudit(entry(1, 0)))
		ok(t, tx.AddAudit(plain))
		ok(t, tx.CountAudit(entry(59, 7)))
		ok(t, tx.CountAudit(other))
		ok(t, tx.CountAudit(entry(60, 0)))
		ok(t, tx.CountAudit(entry(-1, 0)))
		ok(t, tx.CountAudit(entry(2, 0)))
	})
	view(t, s, func(tx services.Tx) {
		is(t, []services.AuditEntry{entry(-1, 1), entry(60, 1), other, plain, entry(1, 3)})(tx.Audit(9))
		if err := tx.CountAudit(entry(1, 0)); err == nil {
			t.Error("a view counted")
		}
	})
	update(t, s, func(tx services.Tx) {
		ok(t, tx.Purge(base.Add(30*time.Minute)))
		is(t, []services.AuditEntry{entry(60, 1)})(tx.Audit(9))
	})
}

func purgeTakesOnlyTheOldAndFinished(t *testing.T, s services.Store) {
	old, young := base.Add(-time.Hour), base.Add(time.Hour)
	update(t, s, func(tx services.Tx) {
		for id, ended := range map[string]time.Time{"old": old, "young": young, "live": old} {
			i := sample(id)
			i.EndedAt = ended
			if id != "live" {
				i.Desired, i.State = services.DesiredGone, services.StateGone
			}
			ok(t, tx.PutInstance(i))
			ok(t, tx.AddAudit(services.AuditEntry{At: ended, Action: id}))
			n := note(id, id, ended)
			is(t, true)(tx.AddNotice(n))
			if id != "live" {
				n.State = services.NoticeSent
				ok(t, tx.PutNotice(n))
			}
		}
		is(t, true)(tx.AddIncoming(message("m", "2")))
		forgotten := message("m", "3")
		forgotten.ReceivedAt = old
		is(t, true)(tx.AddIncoming(forgotten))
		ok(t, tx.Purge(base))
	})
	update(t, s, func(tx services.Tx) {
		_, err := tx.Instance("old")
		wantCode(t, err, services.CodeNotFound)
		left, err := tx.Instances(services.InstanceFilter{})
		is(t, 2)(len(left), err)
		audit, err := tx.Audit(9)
		is(t, 1)(len(audit), err)
		is(t, "live")(keys(tx.DueNotices(young, 9)))
		is(t, true)(tx.AddNotice(note("old", "old", old)))
		is(t, false)(tx.AddNotice(note("young", "young", young)))
		is(t, false)(tx.AddNotice(note("live", "live", old)))
		// Handled messages are dated by the store's own clock.
		is(t, true)(tx.MarkHandled("m", "1"))
		ok(t, tx.Purge(time.Now().Add(-time.Hour)))
		is(t, true)(tx.Handled("m", "1"))
		ok(t, tx.Purge(time.Now().Add(time.Hour)))
		is(t, false)(tx.Handled("m", "1"))
		in, err := tx.Incomings("m", 9)
		is(t, 1)(len(in), err)
	})
}
