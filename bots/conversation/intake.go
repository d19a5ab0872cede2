package conversation

import (
	"context"
	"fmt"
	"runtime/debug"

	"onionbot/bots"
	"onionbot/services"
)

// take brings stored events to their senders' queues, oldest first, until
// nothing is left that is not in hand. What is in hand is bounded for each
// sender, so nobody's messages hide somebody else's.
func (b *inbox) take(ctx, work context.Context) error {
	for ctx.Err() == nil {
		b.mu.Lock()
		limit := len(b.inHand) + inboxBatch
		b.mu.Unlock()
		var events []services.Incoming
		err := b.hub.o.Store.View(ctx, func(tx services.Tx) error {
			var err error
			events, err = tx.Incomings(b.adapter.Network(), limit)
			return err
		})
		if err != nil {
			return err
		}
		if err := b.sort(ctx, work, events); err != nil || len(events) < limit {
			return err
		}
	}
	return nil
}

// sorted is what a batch of events comes to, but for what goes to a queue.
type sorted struct {
	useless   []services.Incoming // none of our business
	unread    []services.Incoming // cannot be understood
	strangers []*bots.Message
	surplus   []*bots.Message // beyond what their sender may send
	all       []services.Incoming
}

// sort decodes events and puts them into their senders' queues. What needs no
// answer leaves the store in one transaction, however much it is.
func (b *inbox) sort(ctx, work context.Context, events []services.Incoming) error {
	var s sorted
	for _, in := range events {
		if ctx.Err() != nil {
			return nil // a decoder that was cut off says nothing about its event
		}
		if b.claim(in) {
			b.sortOne(ctx, work, in, &s)
		}
	}
	if len(s.all) == 0 {
		return nil
	}
	if err := b.drop(work, s); err != nil {
		b.mu.Lock()
		for _, in := range s.all {
			delete(b.inHand, in.ID)
		}
		b.mu.Unlock()
		return fmt.Errorf("drop events: %w", err)
	}
	for _, in := range s.all {
		b.finish(in)
	}
	return nil
}

// claim takes an event in hand, unless it is already.
func (b *inbox) claim(in services.Incoming) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	known := b.inHand[in.ID]
	b.inHand[in.ID] = true
	return !known
}

func (b *inbox) sortOne(ctx, work context.Context, in services.Incoming, s *sorted) {
	msg, err := b.decode(ctx, in)
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		b.hub.o.Log.Warn("event dropped", "network", in.Network, "message", in.ID, "error", err)
		s.unread = append(s.unread, in)
	case msg == nil:
		s.useless = append(s.useless, in)
	case !b.hub.o.Router.knows(msg):
		if b.hub.o.Router.mayJoin(msg) {
			b.enqueue(ctx, work, job{in: in, msg: msg})
			return
		}
		s.strangers = append(s.strangers, msg)
	default:
		switch b.admit(msg) {
		case admitted:
			b.enqueue(ctx, work, job{in: in, msg: msg})
			return
		case refusedAloud:
			msg.Group, msg.Cut = "", bots.Whole // it is part of nothing
			b.enqueue(ctx, work, job{in: in, msg: msg, flood: true})
			return
		case refusedSilently:
			s.surplus = append(s.surplus, msg)
		}
	}
	s.all = append(s.all, in)
}

// enqueue puts a job into its sender's queue, and sees to it that somebody
// serves it.
func (b *inbox) enqueue(ctx, work context.Context, j job) {
	sender := j.msg.From.Account
	b.mu.Lock()
	defer b.mu.Unlock()
	_, served := b.queues[sender]
	b.queues[sender] = append(b.queues[sender], j)
	if !served {
		b.busy.Go(func() { b.serve(ctx, work, sender) })
	}
}

func (b *inbox) decode(ctx context.Context, in services.Incoming) (msg *bots.Message, err error) {
	defer func() {
		if p := recover(); p != nil {
			b.hub.o.Log.Error("panic while decoding", "network", in.Network, "message", in.ID, "panic", p, "stack", string(debug.Stack()))
			msg, err = nil, fmt.Errorf("panic while decoding: %v", p)
		}
	}()
	msg, err = b.adapter.Decode(ctx, in)
	if msg == nil || err != nil {
		return nil, err
	}
	msg.Network, msg.ID, msg.Parts = in.Network, in.ID, []services.Incoming{in}
	if msg.SentAt.IsZero() {
		msg.SentAt = in.SentAt
	}
	return msg, nil
}

// drop erases what gets no answer. Strangers, what nobody can read, and what
// was too much are counted.
func (b *inbox) drop(ctx context.Context, s sorted) error {
	now := b.hub.o.Clock.Now()
	return b.hub.o.Store.Update(ctx, func(tx services.Tx) error {
		for _, in := range s.useless {
			if _, err := tx.DropIncoming(in.Network, in.ID); err != nil {
				return err
			}
		}
		for _, in := range s.unread {
			there, err := tx.DropIncoming(in.Network, in.ID)
			if err == nil && there {
				err = tx.CountAudit(services.AuditEntry{At: now, Network: in.Network, Action: "message", Outcome: "undecodable"})
			}
			if err != nil {
				return err
			}
		}
		for _, m := range s.strangers {
			if err := b.hub.o.Router.ignore(tx, m, now); err != nil {
				return err
			}
		}
		for _, m := range s.surplus {
			if err := b.hub.o.Router.passOver(tx, m, now); err != nil {
				return err
			}
		}
		return nil
	})
}
