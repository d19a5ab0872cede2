package conversation

import (
	"context"
	"fmt"
	"runtime/debug"

	"onionbot/bots"
	"onionbot/services"
)

// serve handles one sender's messages in order.
func (b *inbox) serve(ctx, work context.Context, sender string) {
	for {
		b.mu.Lock()
		queue := b.queues[sender]
		if len(queue) == 0 || ctx.Err() != nil {
			delete(b.queues, sender)
			b.mu.Unlock()
			return
		}
		first, rest, wait := b.head(queue, b.hub.o.Clock.Now())
		if wait == 0 {
			b.queues[sender] = rest
		}
		b.mu.Unlock()
		if wait > 0 {
			pause(ctx, wait) // the end of ctx is seen above
			continue
		}
		select {
		case b.room <- struct{}{}:
		case <-ctx.Done():
			return
		}
		b.persist(ctx, work, join(first))
		<-b.room
	}
}

// persist handles one message until that is on record: it is tried again,
// then apologised for, as long as the process lives.
func (b *inbox) persist(ctx, work context.Context, j job) {
	for n := 1; ; n++ {
		act := b.hub.o.Router.Handle
		if j.flood {
			act = b.hub.o.Router.Calm
		}
		if n > handleTries {
			act = b.hub.o.Router.Apologise
		}
		broke, err := guard(work, act, j.msg)
		if broke {
			b.hub.o.Log.Error("panic while handling", "network", j.in.Network, "message", j.in.ID, "error", err)
			n = max(n, handleTries) // it would only break again
		}
		if err == nil {
			for _, in := range j.ins() {
				b.finish(in)
			}
			return
		}
		if !broke {
			b.hub.o.Log.Error("handle message", "network", j.in.Network, "message", j.in.ID, "try", n, "error", err)
		}
		if !pause(ctx, backoff(n, handleFirst, handleLongest)) {
			return // it stays in the store, for the next process
		}
	}
}

// guard turns a panic of one message into an error, so that it takes nothing
// else with it.
func guard(ctx context.Context, act func(context.Context, *bots.Message) error, m *bots.Message) (broke bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			broke, err = true, fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, handleLimit)
	defer cancel()
	return false, act(ctx, m)
}

// finish forgets an event that is on record as handled.
func (b *inbox) finish(in services.Incoming) {
	b.mu.Lock()
	delete(b.inHand, in.ID)
	b.mu.Unlock()
	if f, ok := b.adapter.(bots.Finisher); ok {
		f.Finished(in)
	}
}
