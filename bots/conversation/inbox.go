package conversation

import (
	"context"
	"fmt"
	"sync"
	"time"

	"onionbot/bots"
	"onionbot/services"
)

// inbox is the durable way in of one network.
type inbox struct {
	hub     *Hub
	adapter bots.Adapter
	woken   chan struct{}
	room    chan struct{} // a place for each message that is handled at the same time

	began time.Time // when this process began to serve

	mu       sync.Mutex
	inHand   map[string]bool     // ids of events that were taken from the store
	queues   map[string][]job    // by sender
	limits   map[string]*allowed // by sender
	busy     sync.WaitGroup
	counters receiveCounters
}

type job struct {
	in    services.Incoming
	msg   *bots.Message
	also  []services.Incoming // more events that msg was made of
	flood bool                // msg is not handled: its sender hears that this was too much
}

// inboxBatch is how many events are read at once, beside those in hand.
const inboxBatch = 500

// Tries and pauses of a message that could not be handled because nothing
// could be stored.
const (
	handleTries   = 5
	handleFirst   = 200 * time.Millisecond
	handleLongest = 30 * time.Second
	handleLimit   = 5 * time.Minute // of one try; files may have to be fetched through tor
)

func newInbox(h *Hub, a bots.Adapter) *inbox {
	return &inbox{
		hub: h, adapter: a, woken: make(chan struct{}, 1), room: make(chan struct{}, h.o.Senders),
		inHand: make(map[string]bool), queues: make(map[string][]job), limits: make(map[string]*allowed),
	}
}

// keep is the adapter's [bots.KeepFunc].
func (b *inbox) keep(ctx context.Context, events []services.Incoming, cursor string) error {
	now := b.hub.o.Clock.Now()
	var fresh uint64
	err := b.hub.o.Store.Update(ctx, func(tx services.Tx) error {
		fresh = 0
		for _, in := range events {
			in.Network = b.adapter.Network()
			if in.ReceivedAt.IsZero() {
				in.ReceivedAt = now
			}
			added, err := tx.AddIncoming(in)
			if err != nil {
				return err
			}
			if added {
				fresh++
			}
		}
		if cursor == "" {
			return nil
		}
		return tx.SetCursor(b.adapter.Network(), cursor)
	})
	if err != nil {
		return fmt.Errorf("keep events: %w", err)
	}
	b.counters.events.Add(fresh)
	b.hub.setTrouble(b.adapter.Network(), "")
	b.wake()
	return nil
}

func (b *inbox) wake() {
	select {
	case b.woken <- struct{}{}:
	default:
	}
}

// run takes events in hand until ctx ends, then waits for them. work outlives
// ctx, so that what is in hand can be finished.
func (b *inbox) run(ctx, work context.Context) {
	defer b.busy.Wait()
	b.began = b.hub.o.Clock.Now()
	b.wake()
	for n := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-b.woken:
		}
		if err := b.take(ctx, work); err != nil && ctx.Err() == nil {
			n++
			b.hub.o.Log.Error("read inbox", "network", b.adapter.Network(), "error", err)
			if !pause(ctx, backoff(n, handleFirst, handleLongest)) {
				return
			}
			b.wake()
			continue
		}
		n = 0
	}
}
