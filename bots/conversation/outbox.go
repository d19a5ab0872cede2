package conversation

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"onionbot/bots"
	"onionbot/bots/reply"
	"onionbot/services"
)

// OutboxOptions are what an [Outbox] works with. Zero numbers mean the defaults.
type OutboxOptions struct {
	Adapters []bots.Adapter
	Store    services.Store
	Replies  *reply.Renderer
	Apps     Asker     // where files come from that are carried to people; nil for none
	Users    Directory // who is still to be told; nil for everybody
	Catalog  func() []*services.Definition
	Clock    services.Clock
	Zone     *time.Location // of the times that users read; nil for UTC
	Log      *slog.Logger

	Parallel    int           // messages that are on their way at the same time, per network; 8
	SendTimeout time.Duration // of one attempt; 60 s
	First       time.Duration // pause after the first failure; 1 s, doubled each time
	Longest     time.Duration // longest pause; 1 h
	MaxAttempts int           // then a notice is given up; 40
	MaxAge      time.Duration // after its due time a notice is given up; 24 h
	Grace       time.Duration // how long the end waits for what is being sent; 10 s
}

// Outbox is the durable way out: it renders notices that are due and sends
// them until they have arrived, in order within a chat. A crash between
// sending and writing it down repeats the message with the same key.
type Outbox struct {
	o        OutboxOptions
	adapters map[string]bots.Adapter
	room     map[way]chan struct{} // a place for each message on its way
	woken    chan struct{}

	mu   sync.Mutex
	busy map[chat]bool
	hold map[chat]time.Time // chats that wait after a failure
	work sync.WaitGroup

	troubles sendTroubles
	counters sendCounters
}

// chat is where order matters. Files are carried beside the messages of their
// chat, in an order of their own.
type chat struct {
	network, account, chat string
	files                  bool
}

func chatOf(n *services.Notice) chat {
	return chat{n.To.Network, n.To.Account, n.To.Chat, n.Carried()}
}

// way is what messages share: a network, files apart from words.
type way struct {
	network string
	files   bool
}

const (
	outboxGap   = 10 * time.Millisecond // between two passes at least; reading shall take a fifth of the time
	outboxBusy  = 500 * time.Millisecond
	outboxSleep = 30 * time.Second // the longest sleep: a store may be changed from outside
)

var _ services.Outbox = (*Outbox)(nil)

// NewOutbox makes an outbox. It can be notified before it runs.
func NewOutbox(o OutboxOptions) *Outbox {
	o.setDefaults()
	b := &Outbox{
		o: o, adapters: make(map[string]bots.Adapter), room: make(map[way]chan struct{}),
		woken: make(chan struct{}, 1), busy: make(map[chat]bool), hold: make(map[chat]time.Time),
	}
	for _, a := range o.Adapters {
		b.adapters[a.Network()] = a
		b.room[way{a.Network(), false}] = make(chan struct{}, o.Parallel)
		b.room[way{a.Network(), true}] = make(chan struct{}, carryRoom)
	}
	return b
}

func (o *OutboxOptions) setDefaults() {
	duration := func(d *time.Duration, fallback time.Duration) {
		if *d == 0 {
			*d = fallback
		}
	}
	duration(&o.SendTimeout, time.Minute)
	duration(&o.First, time.Second)
	duration(&o.Longest, time.Hour)
	duration(&o.MaxAge, 24*time.Hour)
	duration(&o.Grace, 10*time.Second)
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Parallel == 0 {
		o.Parallel = 8
	}
	if o.MaxAttempts == 0 {
		o.MaxAttempts = 40
	}
}

// Notify says that notices were added.
func (b *Outbox) Notify() {
	select {
	case b.woken <- struct{}{}:
	default:
	}
}

// Run sends until ctx ends, then waits for what is being sent, within the grace.
func (b *Outbox) Run(ctx context.Context) error {
	work, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	for failures := 0; ctx.Err() == nil; {
		began := time.Now()
		wait, err := b.pass(ctx, work)
		if err != nil && ctx.Err() == nil {
			failures++
			b.o.Log.Error("read outbox", "error", err)
			wait = backoff(failures, b.o.First, outboxSleep)
		} else {
			failures = 0
		}
		pause(ctx, min(max(outboxGap, 4*time.Since(began)), outboxBusy))
		b.sleep(ctx, wait)
	}
	over := make(chan struct{})
	go func() { b.work.Wait(); close(over) }()
	timer := time.NewTimer(b.o.Grace)
	defer timer.Stop()
	select {
	case <-over:
	case <-timer.C:
		cut()
		<-over
	}
	return nil
}

func (b *Outbox) sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-b.woken:
	case <-timer.C:
	}
}
