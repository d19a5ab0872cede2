package conversation

import (
	"context"
	"maps"
	"time"

	"onionbot/services"
)

// How much of what is due is read at once: of one chat, and of one network.
// Every chat's oldest comes before anyone's second, so nobody's 600 answers
// hide somebody else's one.
const (
	duePerChat    = 20
	duePerNetwork = 500
)

// pass gives every chat that has something due, and no worker, a worker, and
// tells when to read again.
func (b *Outbox) pass(ctx, work context.Context) (time.Duration, error) {
	now := b.o.Clock.Now()
	// A chat that is served while we read shows what has just been sent.
	b.mu.Lock()
	busy := maps.Clone(b.busy)
	b.mu.Unlock()
	var due []*services.Notice
	var next time.Time
	err := b.o.Store.View(ctx, func(tx services.Tx) error {
		var err error
		if due, err = tx.DueByChat(now, duePerChat, duePerNetwork); err != nil {
			return err
		}
		next, err = tx.NextNoticeAt()
		return err
	})
	if err != nil {
		return 0, err
	}
	byChat := make(map[chat][]*services.Notice)
	var order []chat
	for _, n := range due {
		c := chatOf(n)
		if byChat[c] == nil {
			order = append(order, c)
		}
		byChat[c] = append(byChat[c], n)
	}
	for _, c := range order {
		if !busy[c] {
			b.startWorker(ctx, work, c, byChat[c], now)
		}
	}
	switch {
	case len(due) > 0:
		return outboxBusy, nil // the next one to become due is hidden behind these
	case next.IsZero():
		return outboxSleep, nil
	}
	return min(max(next.Sub(now), time.Millisecond), outboxSleep), nil
}

// startWorker starts the worker of a chat that has none.
func (b *Outbox) startWorker(ctx, work context.Context, c chat, due []*services.Notice, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	until, held := b.hold[c]
	if held && !now.Before(until) {
		delete(b.hold, c)
		held = false
	}
	b.busy[c] = true
	b.work.Go(func() {
		defer func() {
			b.mu.Lock()
			delete(b.busy, c)
			b.mu.Unlock()
			b.Notify()
		}()
		if held {
			b.postpone(ctx, work, due[0].To, until)
			return
		}
		b.serve(ctx, work, c, due)
	})
}

// serve sends a chat's notices in order, until one has to wait: then the
// others wait with it. Each takes its turn among all chats of the network.
func (b *Outbox) serve(ctx, work context.Context, c chat, due []*services.Notice) {
	for _, n := range b.coalesce(work, due) {
		if !b.turn(ctx, way{c.network, c.files}) {
			return
		}
		after, err := b.deliver(work, n)
		b.endTurn(way{c.network, c.files})
		switch {
		case err != nil: // the store refuses: what cannot be written down must not spin
			b.o.Log.Error("outbox", "notice", n.ID, "kind", string(n.Kind), "error", err)
			pause(ctx, b.o.First)
			return
		case after.reread:
			return
		case !after.hold.IsZero():
			b.mu.Lock()
			b.hold[c] = after.hold
			b.mu.Unlock()
			b.postpone(ctx, work, n.To, after.hold)
			return
		}
	}
}

// turn waits until the network has room for one more message on its way, in
// the order of asking. It reports false if ctx ends first.
func (b *Outbox) turn(ctx context.Context, on way) bool {
	room := b.room[on]
	if room == nil || ctx.Err() != nil {
		return ctx.Err() == nil
	}
	select {
	case room <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	if ctx.Err() != nil { // both at once
		<-room
		return false
	}
	return true
}

func (b *Outbox) endTurn(on way) {
	if room := b.room[on]; room != nil {
		<-room
	}
}

// postpone lets the notices of a chat wait for an earlier one of theirs.
func (b *Outbox) postpone(ctx, work context.Context, to services.Route, until time.Time) {
	err := b.o.Store.Update(work, func(tx services.Tx) error { return tx.PostponeChat(to, until) })
	if err != nil {
		b.o.Log.Error("postpone notices", "error", err)
		pause(ctx, b.o.First)
	}
}
