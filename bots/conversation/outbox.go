package conversation

import (
	"context"
	"log/slog"
	"maps"
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
	Users    Directory // who is still to be told; nil for everybody
	Catalog  func() []*services.Definition
	Clock    services.Clock
	Zone     *time.Location // of the times that users read; nil for UTC
	Log      *slog.Logger

	Chats       int           // chats that are sent to at the same time, per network; 8
	SendTimeout time.Duration // of one attempt; 60 s
	First       time.Duration // pause after the first failure; 1 s, doubled each time
	Longest     time.Duration // longest pause; 1 h
	MaxAttempts int           // then a notice is given up; 40
	MaxAge      time.Duration // after its due time a notice is given up; 24 h
	Grace       time.Duration // how long the end waits for what is being sent; 10 s
}

// Outbox is the durable way out: it renders notices that are due and sends
// them until they have arrived, in order within a chat. A crash between
// sending and noting it down repeats the message with the same key.
type Outbox struct {
	o        OutboxOptions
	adapters map[string]bots.Adapter
	slots    map[string]chan struct{} // by network
	woken    chan struct{}

	mu   sync.Mutex
	busy map[chat]bool
	hold map[chat]time.Time // chats that wait after a failure
	work sync.WaitGroup

	tally sendTally
}

// chat is where order matters.
type chat struct{ network, account, chat string }

func chatOf(r services.Route) chat { return chat{r.Network, r.Account, r.Chat} }

const (
	outboxBatch = 500
	outboxBusy  = 500 * time.Millisecond
	outboxSleep = 30 * time.Second // the longest sleep: a store may be changed from outside
)

var _ services.Outbox = (*Outbox)(nil)

// NewOutbox makes an outbox. It can be notified before it runs.
func NewOutbox(o OutboxOptions) *Outbox {
	o.setDefaults()
	b := &Outbox{
		o: o, adapters: make(map[string]bots.Adapter), slots: make(map[string]chan struct{}),
		woken: make(chan struct{}, 1), busy: make(map[chat]bool), hold: make(map[chat]time.Time),
	}
	for _, a := range o.Adapters {
		b.adapters[a.Network()] = a
		b.slots[a.Network()] = make(chan struct{}, o.Chats)
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
	if o.Chats == 0 {
		o.Chats = 8
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
		wait, err := b.pass(ctx, work)
		if err != nil && ctx.Err() == nil {
			failures++
			b.o.Log.Error("read outbox", "error", err)
			wait = backoff(failures, b.o.First, outboxSleep)
		} else {
			failures = 0
		}
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

// pass gives every chat that has something due, and nobody who serves it, a
// worker, and tells when to look again.
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
		if due, err = tx.DueNotices(now, outboxBatch); err != nil {
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
		c := chatOf(n.To)
		if byChat[c] == nil {
			order = append(order, c)
		}
		byChat[c] = append(byChat[c], n)
	}
	for _, c := range order {
		if busy[c] {
			continue
		}
		b.employ(ctx, work, c, byChat[c], now)
	}
	switch {
	case len(due) > 0:
		return outboxBusy, nil // the next one to become due is hidden behind these
	case next.IsZero():
		return outboxSleep, nil
	}
	return min(max(next.Sub(now), time.Millisecond), outboxSleep), nil
}

// employ starts a worker for a chat that has none.
func (b *Outbox) employ(ctx, work context.Context, c chat, due []*services.Notice, now time.Time) {
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
			b.postpone(work, due, until)
			return
		}
		b.serve(ctx, work, c, due)
	})
}

// serve sends a chat's notices in order, until one has to wait: then the
// others wait with it.
func (b *Outbox) serve(ctx, work context.Context, c chat, due []*services.Notice) {
	if slots := b.slots[c.network]; slots != nil {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		case <-ctx.Done():
			return
		}
	}
	due = b.coalesce(work, due)
	for k, n := range due {
		if ctx.Err() != nil {
			return
		}
		after, err := b.deliver(work, n)
		switch {
		case err != nil: // the store refuses: what cannot be noted down must not spin
			b.o.Log.Error("outbox", "notice", n.ID, "kind", string(n.Kind), "error", err)
			pause(ctx, b.o.First)
			return
		case after.stale:
			return
		case !after.until.IsZero():
			b.mu.Lock()
			b.hold[c] = after.until
			b.mu.Unlock()
			b.postpone(work, due[k+1:], after.until)
			return
		}
	}
}
