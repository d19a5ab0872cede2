package storetest

import (
	"testing"
	"time"

	"onionbot/services"
)

func note(key, instance string, due time.Time) *services.Notice {
	return &services.Notice{
		Key: key, To: services.Route{Network: "telegram", Account: "4711", Chat: "c", ReplyTo: "r"},
		Owner: "alice", Instance: instance, Kind: services.KindReachable,
		Args: map[string]string{"name": "ünï"}, Body: []byte{0, 1, 0xff}, Slot: "card/" + instance, Alert: true,
		DueAt: due, StaleAt: due.Add(time.Hour), State: services.NoticePending,
	}
}

func add(t *testing.T, s services.Store, n *services.Notice) *services.Notice {
	t.Helper()
	update(t, s, func(tx services.Tx) { is(t, true)(tx.AddNotice(n)) })
	if n.ID == 0 {
		t.Error("AddNotice set no ID")
	}
	return n
}

func keys(found []*services.Notice, err error) (string, error) {
	s := ""
	for _, n := range found {
		s += n.Key
	}
	return s, err
}

func noticeKeyWorksOnce(t *testing.T, s services.Store) {
	n := add(t, s, note("a", "i", base))
	again := note("a", "j", base)
	update(t, s, func(tx services.Tx) {
		is(t, false)(tx.AddNotice(again))
		is(t, []*services.Notice{n})(tx.PendingNotices("i"))
		is(t, []*services.Notice(nil))(tx.PendingNotices("j"))
		n.State = services.NoticeSent
		ok(t, tx.PutNotice(n))
		is(t, false)(tx.AddNotice(note("a", "i", base)))
	})
	bare := &services.Notice{Key: "bare"}
	add(t, s, bare)
	if bare.ID == n.ID {
		t.Error("two notices have one ID")
	}
	view(t, s, func(tx services.Tx) {
		is(t, []*services.Notice{{ID: bare.ID, Key: "bare", State: services.NoticePending}})(tx.PendingNotices(""))
		next, err := tx.NextNoticeAt()
		is(t, false)(next.IsZero(), err)
	})
	update(t, s, func(tx services.Tx) {
		wantCode(t, tx.PutNotice(&services.Notice{ID: 999, State: services.NoticeSent}), services.CodeNotFound)
	})
}

func noticesAreDueInOrder(t *testing.T, s services.Store) {
	view(t, s, func(tx services.Tx) { is(t, time.Time{})(tx.NextNoticeAt()) })
	add(t, s, note("l", "i", base.Add(time.Hour))) // later
	second := add(t, s, note("2", "i", base))
	add(t, s, note("1", "i", base.Add(-time.Minute)))
	third := add(t, s, note("3", "j", base))
	view(t, s, func(tx services.Tx) {
		is(t, base.Add(-time.Minute))(tx.NextNoticeAt())
		is(t, "")(keys(tx.DueNotices(base.Add(-time.Hour), 9)))
		is(t, "1")(keys(tx.DueNotices(base.Add(-time.Millisecond), 9)))
		is(t, "123")(keys(tx.DueNotices(base, 9)))
		is(t, "12")(keys(tx.DueNotices(base, 2)))
		is(t, "")(keys(tx.DueNotices(base, 0)))
		is(t, "l21")(keys(tx.PendingNotices("i")))
	})
	update(t, s, func(tx services.Tx) {
		second.Attempts, second.NextAt, second.RemoteID = 1, base.Add(time.Minute), "x"
		ok(t, tx.PutNotice(second))
		third.DueAt = base.Add(-time.Hour)
		ok(t, tx.PutNotice(third))
		is(t, base.Add(-time.Hour))(tx.NextNoticeAt())
		is(t, "31")(keys(tx.DueNotices(base, 9)))
		is(t, "312")(keys(tx.DueNotices(base.Add(time.Minute), 9)))
		is(t, []*services.Notice{third})(tx.DueNotices(base, 1))
	})
}

func finishedNoticeLosesWhatItCarried(t *testing.T, s services.Store) {
	for _, state := range []services.NoticeState{services.NoticeSent, services.NoticeSkipped, services.NoticeGivenUp} {
		n := add(t, s, note(string(state), "i", base))
		update(t, s, func(tx services.Tx) {
			n.State = state
			ok(t, tx.PutNotice(n))
			is(t, []*services.Notice(nil))(tx.PendingNotices("i"))
			is(t, []*services.Notice(nil))(tx.DueNotices(base, 9))
			is(t, time.Time{})(tx.NextNoticeAt())
			n.State = services.NoticePending
			ok(t, tx.PutNotice(n))
			found, err := tx.PendingNotices("i")
			is(t, 1)(len(found), err)
			if found[0].Body != nil || found[0].Args != nil {
				t.Errorf("%s notice kept body %q and arguments %v", state, found[0].Body, found[0].Args)
			}
			n.State = state
			ok(t, tx.PutNotice(n))
		})
	}
}

func onlyTheKindsOfOneInstanceAreSkipped(t *testing.T, s services.Store) {
	add(t, s, note("reachable", "i", base))
	other := add(t, s, note("another's", "j", base))
	skipped := note("reminder", "i", base)
	skipped.Kind = services.KindReminder
	add(t, s, skipped)
	update(t, s, func(tx services.Tx) {
		is(t, skipped)(tx.PendingNotice(skipped.ID))
		ok(t, tx.SkipNotices("i"))
		ok(t, tx.SkipNotices("j", services.KindReminder, services.KindDown))
		is(t, "reachablereminder")(keys(tx.PendingNotices("i")))
		ok(t, tx.SkipNotices("i", services.KindDown, services.KindReminder))
		is(t, "reachable")(keys(tx.PendingNotices("i")))
		is(t, other)(tx.PendingNotice(other.ID))
		_, err := tx.PendingNotice(skipped.ID)
		wantCode(t, err, services.CodeNotFound)
		// Its body is gone, too.
		skipped.State = services.NoticePending
		ok(t, tx.PutNotice(skipped))
		found, err := tx.PendingNotice(skipped.ID)
		is(t, []byte(nil))(found.Body, err)
	})
	view(t, s, func(tx services.Tx) {
		if err := tx.SkipNotices("i", services.KindReachable); err == nil {
			t.Error("a view changed notices")
		}
	})
}

func slotNamesItsLastMessage(t *testing.T, s services.Store) {
	first, second := add(t, s, note("1", "i", base)), add(t, s, note("2", "i", base))
	other := note("3", "i", base)
	other.Slot = ""
	add(t, s, other)
	view(t, s, func(tx services.Tx) { is(t, "")(tx.SlotMessage("card/i")) })
	update(t, s, func(tx services.Tx) {
		for i, n := range []*services.Notice{first, other} {
			n.State, n.RemoteID = services.NoticeSent, []string{"m1", "m3"}[i]
			ok(t, tx.PutNotice(n))
		}
		is(t, "m1")(tx.SlotMessage("card/i"))
		is(t, "")(tx.SlotMessage(""))
		second.State, second.RemoteID = services.NoticeSkipped, "m0"
		ok(t, tx.PutNotice(second))
		is(t, "m1")(tx.SlotMessage("card/i"))
		second.State, second.RemoteID = services.NoticeSent, "m2"
		ok(t, tx.PutNotice(second))
		is(t, "m2")(tx.SlotMessage("card/i"))
	})
}
