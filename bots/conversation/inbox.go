package conversation

import (
	"context"
	"fmt"
	"runtime/debug"
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
	slots   chan struct{} // bounds the senders that are served at the same time

	began time.Time // when this process began to serve

	mu     sync.Mutex
	inHand map[string]bool  // ids of events that were taken from the store
	queues map[string][]job // by sender
	more   bool             // the last look found a full batch: the store may hold more
	ended  int              // events finished so far
	busy   sync.WaitGroup
	tally  receiveTally
}

type job struct {
	in   services.Incoming
	msg  *bots.Message
	also []services.Incoming // more events that msg was made of
}

// inboxBatch is how many events are taken in hand at once.
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
		hub: h, adapter: a, woken: make(chan struct{}, 1), slots: make(chan struct{}, h.o.Senders),
		inHand: make(map[string]bool), queues: make(map[string][]job),
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
	b.tally.events.Add(fresh)
	b.hub.note(b.adapter.Network(), "")
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

// take brings stored events to their senders' queues, oldest first.
func (b *inbox) take(ctx, work context.Context) error {
	var events []services.Incoming
	err := b.hub.o.Store.View(ctx, func(tx services.Tx) error {
		var err error
		events, err = tx.Incomings(b.adapter.Network(), inboxBatch)
		return err
	})
	if err != nil {
		return err
	}
	b.mu.Lock()
	b.more = len(events) == inboxBatch
	b.mu.Unlock()
	for _, in := range events {
		if ctx.Err() != nil {
			return nil
		}
		b.mu.Lock()
		known := b.inHand[in.ID]
		b.inHand[in.ID] = true
		b.mu.Unlock()
		if !known {
			b.sort(ctx, work, in)
		}
	}
	return nil
}

// sort decodes an event and puts it into its sender's queue.
func (b *inbox) sort(ctx, work context.Context, in services.Incoming) {
	msg, err := b.decode(ctx, in)
	if ctx.Err() != nil {
		return // a decoder that was cut off says nothing about the event
	}
	if msg == nil || err != nil {
		b.drop(work, in, err)
		return
	}
	sender := msg.From.Account
	b.mu.Lock()
	defer b.mu.Unlock()
	_, served := b.queues[sender]
	b.queues[sender] = append(b.queues[sender], job{in: in, msg: msg})
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

// drop erases an event that is none of our business, or that nobody can read;
// the second is counted.
func (b *inbox) drop(ctx context.Context, in services.Incoming, cause error) {
	if cause != nil {
		b.hub.o.Log.Warn("event dropped", "network", in.Network, "message", in.ID, "error", cause)
	}
	err := b.hub.o.Store.Update(ctx, func(tx services.Tx) error {
		there, err := tx.DropIncoming(in.Network, in.ID)
		if err != nil || !there || cause == nil {
			return err
		}
		return tx.CountAudit(services.AuditEntry{
			At: b.hub.o.Clock.Now(), Network: in.Network, Action: "message", Outcome: "undecodable",
		})
	})
	if err != nil {
		b.hub.o.Log.Error("drop event", "network", in.Network, "message", in.ID, "error", err)
		b.putBack(in)
		return
	}
	b.finish(in)
}
