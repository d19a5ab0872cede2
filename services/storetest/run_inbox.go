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

func droppedMessageLeavesNothing(t *testing.T, s services.Store) {
	update(t, s, func(tx services.Tx) {
		is(t, true)(tx.AddIncoming(message("m", "1")))
		is(t, true)(tx.AddIncoming(message("t", "1")))
		is(t, true)(tx.DropIncoming("m", "1"))
		is(t, false)(tx.DropIncoming("m", "1"))
		is(t, false)(tx.DropIncoming("m", "never stored"))
		is(t, []services.Incoming(nil))(tx.Incomings("m", 9))
		is(t, false)(tx.Handled("m", "1"))
		is(t, true)(tx.AddIncoming(message("m", "1")))
		is(t, []services.Incoming{message("t", "1")})(tx.Incomings("t", 9))
	})
	view(t, s, func(tx services.Tx) {
		if _, err := tx.DropIncoming("m", "1"); err == nil {
			t.Error("a view dropped a message")
		}
	})
}

func messagesOfOtherNetworksGo(t *testing.T, s services.Store) {
	update(t, s, func(tx services.Tx) {
		for _, network := range []string{"m", "t", "c"} {
			is(t, true)(tx.AddIncoming(message(network, "1")))
			ok(t, tx.SetCursor(network, "1"))
			is(t, true)(tx.AddNotice(to(network, network, "a", base)))
		}
		ok(t, tx.KeepNetworks("c", "t"))
		is(t, []services.Incoming(nil))(tx.Incomings("m", 9))
		is(t, []services.Incoming{message("t", "1")})(tx.Incomings("t", 9))
		is(t, []services.Incoming{message("c", "1")})(tx.Incomings("c", 9))
		is(t, "tc")(keys(tx.PendingNotices("i")))
		is(t, "1")(tx.Cursor("m")) // it goes on from there when it is turned on again
		ok(t, tx.KeepNetworks())
		is(t, []services.Incoming(nil))(tx.Incomings("c", 9))
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
