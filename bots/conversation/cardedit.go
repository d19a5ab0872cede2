package conversation

import (
	"context"

	"onionbot/bots"
	"onionbot/services"
)

// moves reports whether a notice tells of something that the card shows.
func moves(k services.Kind) bool {
	switch k {
	case services.KindStarted, services.KindReachable, services.KindDown, services.KindBack, services.KindExtended, services.KindAdmitted,
		services.KindContent, services.KindStopping, services.KindGone, services.KindLost, services.KindUnreachable:
		return true
	case services.KindReply, services.KindProgress, services.KindReminder, services.KindUnsafe, services.KindHost,
		services.KindCounted, services.KindDropped, services.KindDroppedFile:
	}
	return false
}

// cardBefore is the message in the same chat that shows the instance until n
// is stored as sent; "" if there is none that has to change.
func (b *Outbox) cardBefore(ctx context.Context, a bots.Adapter, n *services.Notice, sent bots.Outgoing) string {
	if _, can := a.(bots.Editor); !can || n.Instance == "" || sent.Edit != "" || !moves(n.Kind) {
		return ""
	}
	var remote string
	err := b.o.Store.View(ctx, func(tx services.Tx) error {
		var err error
		remote, err = tx.SlotMessage(services.CardSlot(n.Instance))
		return err
	})
	if err != nil {
		b.o.Log.Info("a card was not found", "network", n.To.Network, "instance", n.Instance, "error", err)
	}
	return unrouted(n.To, remote)
}

// follow lets the card say what a new message has just said. It is tried
// once: what is lost here was told all the same.
func (b *Outbox) follow(ctx context.Context, a bots.Adapter, n *services.Notice, card string) {
	out := bots.Outgoing{Key: n.Key + "/card", To: n.To, Edit: card, Quiet: true, Kind: n.Kind, Instance: n.Instance}
	err := b.o.Store.View(ctx, func(tx services.Tx) error {
		i, err := instance(tx, n)
		if err != nil {
			return err
		}
		var d *services.Definition
		if i != nil {
			d = services.Find(b.o.Catalog(), i.Service)
		}
		out.Reply = b.o.Replies.Card(n, i, d, b.o.Clock.Now().In(b.o.Zone))
		return nil
	})
	if err == nil {
		_, err = b.send(ctx, a, out)
	}
	if err != nil {
		b.o.Log.Info("a card was not changed", "network", n.To.Network, "instance", n.Instance, "error", err)
	}
}
