package storetest

import (
	"testing"
	"time"

	"onionbot/services"
)

// to is a notice for a chat of a network.
func to(key, network, chat string, due time.Time) *services.Notice {
	n := note(key, "i", due)
	n.To = services.Route{Network: network, Account: chat, Chat: chat}
	return n
}

func everyChatsFirstComesFirst(t *testing.T, s services.Store) {
	for k, key := range []string{"1", "2", "3", "4"} {
		add(t, s, to(key, "m", "loud", base.Add(time.Duration(k)*time.Second)))
	}
	add(t, s, to("q", "m", "quiet", base.Add(time.Minute)))
	add(t, s, to("t", "t", "loud", base.Add(time.Minute)))
	add(t, s, to("l", "t", "later", base.Add(time.Hour)))
	now := base.Add(2 * time.Minute)
	view(t, s, func(tx services.Tx) {
		is(t, "1234qt")(keys(tx.DueByChat(now, 9, 9)))
		is(t, "12qt")(keys(tx.DueByChat(now, 2, 9)))
		is(t, "1qt")(keys(tx.DueByChat(now, 9, 2)))
		is(t, "1t")(keys(tx.DueByChat(now, 9, 1)))
		is(t, "123")(keys(tx.DueByChat(base.Add(2*time.Second), 9, 9)))
		is(t, "")(keys(tx.DueByChat(now, 0, 9)))
		is(t, "")(keys(tx.DueByChat(now, 9, 0)))
		is(t, map[string]int{"m": 5, "t": 1})(tx.CountDue(now))
		is(t, map[string]int{})(tx.CountDue(base.Add(-time.Second)))
	})
}

func filesHideNoWords(t *testing.T, s services.Store) {
	for k, key := range []string{"1", "2", "3"} {
		file := to(key, "m", "a", base.Add(time.Duration(k)*time.Second))
		file.Kind = services.KindDroppedFile
		add(t, s, file)
	}
	add(t, s, to("w", "m", "a", base.Add(time.Minute)))
	view(t, s, func(tx services.Tx) {
		is(t, "1w")(keys(tx.DueByChat(base.Add(time.Hour), 1, 9)))
		is(t, "12w")(keys(tx.DueByChat(base.Add(time.Hour), 2, 9)))
	})
}

func aChatWaitsAsAWhole(t *testing.T, s services.Store) {
	add(t, s, to("1", "m", "a", base))
	add(t, s, to("2", "m", "a", base.Add(time.Second)))
	add(t, s, to("3", "m", "b", base))
	add(t, s, to("4", "t", "a", base))
	late := to("5", "m", "a", base)
	late.NextAt = base.Add(time.Hour)
	add(t, s, late)
	update(t, s, func(tx services.Tx) {
		ok(t, tx.PostponeChat(services.Route{Network: "m", Account: "a", Chat: "a", ReplyTo: "whatever"}, base.Add(time.Minute)))
		is(t, "34")(keys(tx.DueByChat(base.Add(59*time.Second), 9, 9)))
		is(t, "1342")(keys(tx.DueByChat(base.Add(time.Minute), 9, 9)))
		is(t, map[string]int{"m": 4, "t": 1})(tx.CountDue(base.Add(time.Minute)))
		found, err := tx.PendingNotice(late.ID)
		is(t, late)(found, err)
	})
}

func anAccountIsGivenUpAsAWhole(t *testing.T, s services.Store) {
	first := add(t, s, to("1", "m", "a", base))
	add(t, s, to("2", "m", "a", base.Add(time.Hour)))
	add(t, s, to("3", "m", "b", base))
	add(t, s, to("4", "t", "a", base))
	update(t, s, func(tx services.Tx) { ok(t, tx.GiveUpNotices("m", "a")) })
	update(t, s, func(tx services.Tx) {
		is(t, "34")(keys(tx.PendingNotices("i")))
		is(t, false)(tx.AddNotice(to("2", "m", "a", base))) // it is not forgotten
		first.State = services.NoticePending
		ok(t, tx.PutNotice(first))
		found, err := tx.PendingNotice(first.ID)
		is(t, []byte(nil))(found.Body, err)
	})
	view(t, s, func(tx services.Tx) {
		if tx.GiveUpNotices("t", "a") == nil || tx.PostponeChat(services.Route{}, base) == nil {
			t.Error("a view changed notices")
		}
	})
}
