package conversation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"onionbot/bots"
	"onionbot/bots/reply"
	"onionbot/services"
)

// HubOptions are what a [Hub] works with. Zero numbers mean the defaults.
type HubOptions struct {
	Adapters []bots.Adapter
	Store    services.Store
	Router   *Router
	Clock    services.Clock
	Log      *slog.Logger
	Senders  int           // people whose messages are handled at the same time, per network; 8
	Grace    time.Duration // how long the end waits for what is in hand; 10 s
}

// Hub runs the adapters' receiving sides: events are stored, then decoded and
// handled, in order for each sender. What was stored and not handled when the
// last process ended is handled first.
type Hub struct {
	o      HubOptions
	inbox  map[string]*inbox
	mu     sync.Mutex
	failed map[string]string // network to why it does not receive
}

// NewHub makes a hub.
func NewHub(o HubOptions) *Hub {
	if o.Senders == 0 {
		o.Senders = 8
	}
	if o.Grace == 0 {
		o.Grace = 10 * time.Second
	}
	h := &Hub{o: o, inbox: make(map[string]*inbox), failed: make(map[string]string)}
	keeps := make(map[string]bool)
	for _, a := range o.Adapters {
		h.inbox[a.Network()] = newInbox(h, a)
		_, finishes := a.(bots.Finisher)
		keeps[a.Network()] = !finishes
	}
	if o.Router != nil {
		o.Router.recall, o.Router.keeps, o.Router.inviteLink = h.recall, keeps, h.inviteLink
	}
	return h
}

// Run receives and handles until ctx ends, then waits for what is in hand,
// within the grace.
func (h *Hub) Run(ctx context.Context) error {
	work, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	var running sync.WaitGroup
	for _, a := range h.o.Adapters {
		box := h.inbox[a.Network()]
		running.Go(func() { h.receive(ctx, a, box) })
		running.Go(func() { box.run(ctx, work) })
	}
	running.Go(func() { h.forget(ctx) })
	<-ctx.Done()
	over := make(chan struct{})
	go func() { running.Wait(); close(over) }()
	timer := time.NewTimer(h.o.Grace)
	defer timer.Stop()
	select {
	case <-over:
	case <-timer.C:
		h.o.Log.Warn("messages in hand are cut off; they are handled after the next start")
		cut()
		<-over
	}
	return nil
}

// recall decodes an event of an earlier message.
func (h *Hub) recall(ctx context.Context, in services.Incoming) (*bots.Message, error) {
	box := h.inbox[in.Network]
	if box == nil {
		return nil, fmt.Errorf("no adapter for network %q", in.Network)
	}
	return box.decode(ctx, in)
}

// inviteLink is a link of the first network that has any.
func (h *Hub) inviteLink(code string) string {
	for _, a := range h.o.Adapters {
		if i, ok := a.(bots.Inviter); ok {
			return i.InviteLink(code)
		}
	}
	return ""
}

// forget lets go of what was remembered of senders and is too old.
func (h *Hub) forget(ctx context.Context) {
	for pause(ctx, time.Minute) {
		if err := h.o.Router.forgetOld(ctx); err != nil && ctx.Err() == nil {
			h.o.Log.Error("forget old files", "error", err)
		}
	}
}

// clockTrouble is how wrong this machine's clock must be to be told.
const clockTrouble = time.Minute

// Health names the networks that have a lasting trouble, and the trouble.
func (h *Hub) Health() map[string]string {
	out := make(map[string]string)
	for _, a := range h.o.Adapters {
		if s := a.Health(); s != "" {
			out[a.Network()] = s
			continue
		}
		if c, ok := a.(bots.Clocked); ok && c.ClockAhead().Abs() >= clockTrouble {
			out[a.Network()] = reply.ClockAhead(c.ClockAhead())
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for network, s := range h.failed {
		if out[network] == "" {
			out[network] = s
		}
	}
	return out
}

func (h *Hub) setTrouble(network, trouble string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.failed, network)
	if trouble != "" {
		h.failed[network] = trouble
	}
}

// Pauses between two runs of an adapter that gave up by itself.
const (
	receiveFirst   = time.Second
	receiveLongest = 10 * time.Minute
	receiveWell    = time.Minute // after this long, the next failure is a first one
)

// receive keeps an adapter receiving. An adapter that returns says that the
// network will not have it; somebody may mend that while we run.
func (h *Hub) receive(ctx context.Context, a bots.Adapter, box *inbox) {
	for n := 1; ; n++ {
		began := time.Now()
		err := h.receiveOnce(ctx, a, box)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > receiveWell {
			n = 1
		}
		h.o.Log.Error("receiving ended", "network", a.Network(), "error", err)
		box.counters.ends.Add(1)
		h.setTrouble(a.Network(), "it does not receive messages")
		if !pause(ctx, backoff(n, receiveFirst, receiveLongest)) {
			return
		}
	}
}

func (h *Hub) receiveOnce(ctx context.Context, a bots.Adapter, box *inbox) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic while receiving: %v", p)
		}
	}()
	var cursor string
	err = h.o.Store.View(ctx, func(tx services.Tx) error {
		var err error
		cursor, err = tx.Cursor(a.Network())
		return err
	})
	if err != nil {
		return fmt.Errorf("read cursor: %w", err)
	}
	err = a.Receive(ctx, cursor, box.keep)
	if err == nil {
		err = errors.New("the adapter ended without saying why")
	}
	return err
}
