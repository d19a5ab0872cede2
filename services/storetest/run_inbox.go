package storetest

import (
	"testing"
	"time"

	"onionbot/services"
)

func message(network, id string) services.Incoming {
	return services.Incoming{
		Network: network, ID: id, Raw: []byte("raw\x00" + id),
		SentAt: base, ReceivedAt: base.Add(time.Second),
	}
}

func messageIsTakenOnce(t *testing.T, s services.Store) {
	update(t, s, func(tx services.Tx) {
		is(t, true)(tx.AddIncoming(message("m", "9")))
		is(t, true)(tx.AddIncoming(message("m", "10")))
		is(t, false)(tx.AddIncoming(message("m", "9")))
		is(t, true)(tx.AddIncoming(message("t", "9")))
		is(t, true)(tx.AddIncoming(services.Incoming{Network: "c", ID: "1"}))
	})
	view(t, s, func(tx services.Tx) {
		is(t, []services.Incoming{message("m", "9"), message("m", "10")})(tx.Incomings("m", 9))
		is(t, []services.Incoming{message("m", "9")})(tx.Incomings("m", 1))
		is(t, []services.Incoming{{Network: "c", ID: "1"}})(tx.Incomings("c", 9))
		is(t, []services.Incoming(nil))(tx.Incomings("x", 9))
		is(t, []services.Incoming(nil))(tx.Incomings("m", 0))
	})
}

func handledMessageStaysHandled(t *testing.T, s services.Store) {
	update(t, s, func(tx services.Tx) {
		is(t, true)(tx.AddIncoming(message("m", "1")))
		is(t, false)(tx.Handled("m", "1"))
		is(t, true)(tx.MarkHandled("m", "1"))
		is(t, true)(tx.MarkHandled("m", "never stored"))
		is(t, false)(tx.MarkHandled("m", "1"))
		is(t, true)(tx.Handled("m", "1"))
		is(t, false)(tx.Handled("t", "1"))
		is(t, []services.Incoming(nil))(tx.Incomings("m", 9))
		is(t, false)(tx.AddIncoming(message("m", "1")))
		is(t, false)(tx.AddIncoming(message("m", "never stored")))
	})
}

func cursorsAndSettingsAreKept(t *testing.T, s services.Store) {
	update(t, s, func(tx services.Tx) {
		is(t, "")(tx.Cursor("m"))
		is(t, "")(tx.Setting("salt"))
		ok(t, tx.SetCursor("m", "1"))
		ok(t, tx.SetCursor("m", "2"))
		ok(t, tx.SetCursor("t", "3"))
		ok(t, tx.SetSetting("salt", "a"))
		ok(t, tx.SetSetting("salt", "b"))
	})
	view(t, s, func(tx services.Tx) {
		is(t, "2")(tx.Cursor("m"))
		is(t, "3")(tx.Cursor("t"))
		is(t, "b")(tx.Setting("salt"))
		is(t, "")(tx.Setting("pepper"))
	})
}

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
