package conversation

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"onionbot/bots"
	"onionbot/services"
)

// delivery is what an attempt means for the rest of its chat. The zero value:
// go on.
type delivery struct {
	hold   time.Time // the chat waits until then
	reread bool      // what else was due may be so no longer
}

// deliver makes one attempt at one notice. An error says that the outcome
// could not be stored.
func (b *Outbox) deliver(ctx context.Context, due *services.Notice) (delivery, error) {
	n, out, err := b.claim(ctx, due)
	if err != nil || n == nil {
		return delivery{}, err
	}
	a := b.adapters[n.To.Network]
	if a == nil {
		// Turned off: nothing will be sent there before the next start.
		return delivery{}, b.giveUp(ctx, n, fmt.Errorf("no adapter for network %q", n.To.Network))
	}
	remote, err := b.send(ctx, a, out)
	var refused *bots.SendError
	if out.Edit != "" && errors.As(err, &refused) && refused.Permanent && !refused.Unwelcome {
		out.Edit, out.Key = "", out.Key+"/new" // the message to edit is gone: a new one then
		remote, err = b.send(ctx, a, out)
	}
	if err != nil {
		return b.failed(ctx, n, err)
	}
	b.counters.add(n.To.Network, SendOK)
	b.troubles.sent(n.To.Network)
	card := b.cardBefore(ctx, a, n, out)
	n.State, n.RemoteID = services.NoticeSent, routed(n.To, remote)
	err = b.put(context.WithoutCancel(ctx), n)
	if err == nil && card != "" {
		b.follow(ctx, a, n, card)
	}
	return delivery{}, err
}

// claim renders a notice from one snapshot and records the attempt in the same
// transaction: whoever changes the instance afterwards knows that this notice
// no longer tells it, and after a crash the adapter knows that the message
// may have arrived. nil means that there is nothing to send.
func (b *Outbox) claim(ctx context.Context, due *services.Notice) (n *services.Notice, out bots.Outgoing, err error) {
	now := b.o.Clock.Now()
	var broken error
	err = b.o.Store.Update(ctx, func(tx services.Tx) error {
		n, broken = nil, nil
		fresh, err := current(tx, due)
		if err != nil || fresh == nil {
			return err
		}
		if b.nobodys(fresh) || b.uncarried(fresh) || !fresh.StaleAt.IsZero() && now.After(fresh.StaleAt) {
			fresh.State = services.NoticeSkipped
			return tx.PutNotice(fresh)
		}
		fresh.Alert = fresh.Alert || due.Alert
		i, err := instance(tx, fresh)
		if err != nil {
			return err
		}
		if out, err = address(tx, fresh); err != nil {
			return err
		}
		n, out.File = fresh, b.file(fresh)
		if out.Reply, broken = b.render(b.told(fresh), i, now); broken != nil {
			return nil
		}
		fresh.Attempts++
		return tx.PutNotice(fresh)
	})
	if err == nil && broken != nil {
		return nil, out, b.giveUp(ctx, n, broken)
	}
	return n, out, err
}

// nobodys reports whether a notice would go to somebody who has left the
// configuration, or would ask somebody to keep what is theirs no more.
func (b *Outbox) nobodys(n *services.Notice) bool {
	if b.o.Users == nil {
		return false
	}
	u := b.o.Users.Lookup(n.To.Network, n.To.Account)
	return u == nil || n.Kind == services.KindReminder && u.Name != n.Owner
}

// instance is the one that a notice is about; nil if there is none any more.
func instance(tx services.Tx, n *services.Notice) (*services.Instance, error) {
	if n.Instance == "" {
		return nil, nil
	}
	i, err := tx.Instance(n.Instance)
	if services.IsCode(err, services.CodeNotFound) {
		return nil, nil
	}
	return i, err
}

// address makes the envelope.
func address(tx services.Tx, n *services.Notice) (bots.Outgoing, error) {
	out := bots.Outgoing{Key: n.Key, To: n.To, Alert: n.Alert, Attempt: n.Attempts, Kind: n.Kind, Instance: n.Instance}
	if n.Slot == "" || n.Alert {
		return out, nil
	}
	remote, err := tx.SlotMessage(n.Slot)
	out.Edit = unrouted(n.To, remote)
	return out, err
}

// render makes what the person reads. A notice that breaks it is given up.
func (b *Outbox) render(n *services.Notice, i *services.Instance, now time.Time) (out bots.Reply, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic while rendering: %v\n%s", p, debug.Stack())
		}
	}()
	var d *services.Definition
	if i != nil {
		d = services.Find(b.o.Catalog(), i.Service)
	}
	if out, err = b.o.Replies.Render(n, i, d, now.In(b.o.Zone)); err != nil {
		err = fmt.Errorf("render: %w", err)
	}
	return b.dated(n, out, now), err
}

// send makes the wire call, bounded, and survives what breaks in it.
func (b *Outbox) send(ctx context.Context, a bots.Adapter, out bots.Outgoing) (remote string, err error) {
	ctx, cancel := context.WithTimeout(ctx, b.patienceFor(&out))
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			b.o.Log.Error("panic while sending", "network", out.To.Network, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic while sending: %v", p)
		}
	}()
	return a.Send(ctx, out)
}

// failed decides what a failure means for the notice and its chat.
func (b *Outbox) failed(ctx context.Context, n *services.Notice, cause error) (delivery, error) {
	ctx = context.WithoutCancel(ctx)
	var s *bots.SendError
	if !errors.As(cause, &s) {
		s = &bots.SendError{Cause: cause}
	}
	now := b.o.Clock.Now()
	switch {
	case s.Unwelcome:
		b.counters.add(n.To.Network, SendUnwelcome)
		return delivery{reread: true}, b.unwelcome(ctx, n, cause)
	case s.Permanent, n.Attempts >= b.o.MaxAttempts, now.Sub(n.DueAt) > b.o.MaxAge:
		b.counters.add(n.To.Network, SendGivenUp)
		return delivery{}, b.giveUp(ctx, n, cause)
	}
	b.counters.add(n.To.Network, SendRetry)
	b.troubles.failed(n.To.Network, now)
	wait := s.RetryAfter
	if wait <= 0 {
		wait = backoff(n.Attempts, b.o.First, b.o.Longest)
	}
	b.o.Log.Warn("send failed", "network", n.To.Network, "notice", n.ID, "attempt", n.Attempts, "wait", wait, "error", cause)
	// To the millisecond, as it is stored: the chat waits exactly as long.
	n.NextAt = now.Add(wait).Truncate(time.Millisecond)
	if alone(n, s) {
		return delivery{}, b.put(ctx, n)
	}
	return delivery{hold: n.NextAt}, b.put(ctx, n)
}

func (b *Outbox) put(ctx context.Context, n *services.Notice) error {
	return b.o.Store.Update(ctx, func(tx services.Tx) error { return tx.PutNotice(n) })
}

// giveUp ends the attempts at a notice, on record.
func (b *Outbox) giveUp(ctx context.Context, n *services.Notice, cause error) error {
	b.o.Log.Error("notice given up", "network", n.To.Network, "notice", n.ID, "kind", string(n.Kind), "attempts", n.Attempts, "error", cause)
	return b.o.Store.Update(ctx, func(tx services.Tx) error {
		n.State = services.NoticeGivenUp
		if err := tx.PutNotice(n); err != nil {
			return err
		}
		return tx.AddAudit(b.gaveUp(n, string(n.Kind)))
	})
}

// unwelcome gives up all that waits for somebody who does not want it.
func (b *Outbox) unwelcome(ctx context.Context, n *services.Notice, cause error) error {
	b.o.Log.Warn("recipient does not want messages", "network", n.To.Network, "owner", n.Owner, "error", cause)
	return b.o.Store.Update(ctx, func(tx services.Tx) error {
		if err := tx.GiveUpNotices(n.To.Network, n.To.Account); err != nil {
			return err
		}
		return tx.AddAudit(b.gaveUp(n, "unwelcome"))
	})
}

func (b *Outbox) gaveUp(n *services.Notice, why string) services.AuditEntry {
	return services.AuditEntry{
		At: b.o.Clock.Now(), Network: n.To.Network, Account: n.To.Account, Owner: n.Owner,
		Action: "send", Instance: n.Instance, Outcome: "given-up", Detail: why,
	}
}

// routed ties a network's message id to the chat it stands in: a slot may be
// shown in several chats, and a message can only be edited in its own.
func routed(to services.Route, remote string) string {
	if remote == "" {
		return ""
	}
	return routePrefix(to) + remote
}

func unrouted(to services.Route, remote string) string {
	id, ok := strings.CutPrefix(remote, routePrefix(to))
	if !ok {
		return ""
	}
	return id
}

func routePrefix(to services.Route) string {
	return to.Network + "/" + to.Account + "/" + to.Chat + "#"
}
