package main

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"path/filepath"
	"sync"
	"time"

	"onionbot/bots"
	"onionbot/bots/console"
	"onionbot/bots/conversation"
	"onionbot/bots/reply"
	"onionbot/services"
)

// daemon is the whole program: the engine with the front ends on it.
type daemon struct {
	*engine
	adapters []bots.Adapter
	hub      *conversation.Hub
	outbox   *conversation.Outbox
}

// daemonOptions are what differs between run, demo and down.
type daemonOptions struct {
	engineOptions
	hint func(*services.Definition, *services.Instance) string // how a person at this machine opens it; may be nil
}

// latch passes pokes on to an outbox that is made later.
type latch struct{ outbox *conversation.Outbox }

func (l *latch) Poke() {
	if l.outbox != nil {
		l.outbox.Poke()
	}
}

// openDaemon opens everything and starts nothing.
func openDaemon(ctx context.Context, cfg *config, log *slog.Logger, o daemonOptions) (*daemon, error) {
	out := &latch{}
	eng, err := openEngine(ctx, cfg, log, out, o.engineOptions)
	if err != nil {
		return nil, err
	}
	d := &daemon{engine: eng}
	if err := d.openFronts(ctx, o, out); err != nil {
		eng.close()
		return nil, err
	}
	return d, nil
}

func (d *daemon) openFronts(ctx context.Context, o daemonOptions, out *latch) error {
	replies := &reply.Renderer{Hints: o.hint}
	router, err := conversation.NewRouter(ctx, conversation.RouterOptions{
		Engine: healthyManager{d.manager, d}, Store: d.store, Directory: d.users.access, Replies: replies,
		Content: stager{d.contents}, Clock: d.clock, Zone: d.cfg.location(), MaxAge: time.Duration(d.cfg.CommandAge), Log: d.log,
	})
	if err != nil {
		return err
	}
	if d.adapters, err = d.openAdapters(); err != nil {
		return err
	}
	store := crashFronts(d.store, o.hook)
	d.hub = conversation.NewHub(conversation.HubOptions{Adapters: d.adapters, Store: store, Router: router, Clock: d.clock, Log: d.log})
	d.outbox = conversation.NewOutbox(conversation.OutboxOptions{
		Adapters: d.adapters, Store: store, Replies: replies, Catalog: d.catalog.All, Clock: d.clock, Zone: d.cfg.location(), Log: d.log,
	})
	out.outbox = d.outbox
	return nil
}

// socket is the console's control socket.
func (d *daemon) socket() string { return filepath.Join(d.cfg.RunDir, socketName) }

// run works until ctx ends. What runs for users goes on running then.
func (d *daemon) run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { d.reconciler.Run(ctx) })
	wg.Go(func() { _ = d.outbox.Run(ctx) })
	err := d.hub.Run(ctx)
	wg.Wait()
	return err
}

// healthyManager adds the front ends' troubles to the machine's health.
type healthyManager struct {
	*services.Manager
	d *daemon
}

// Health is the machine's and the front ends' together.
func (m healthyManager) Health(ctx context.Context) services.Health {
	h := m.Manager.Health(ctx)
	h.Fronts = m.d.hub.Health()
	return h
}

// openAdapters makes the front ends that the configuration turns on. The
// console is always there: it is how the operator gets in.
func (d *daemon) openAdapters() ([]bots.Adapter, error) {
	local, err := console.Listen(console.Options{
		Path: d.socket(), Spool: filepath.Join(d.cfg.StateDir, "console"), Log: d.log, Stored: d.consoleCommands,
	})
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	adapters := []bots.Adapter{local}
	for _, open := range []func() (bots.Adapter, error){d.openTelegram, d.openMastodon} {
		a, err := open()
		if err != nil {
			return nil, err
		}
		if a != nil {
			adapters = append(adapters, a)
		}
	}
	return adapters, nil
}

// consoleCommands are those that an earlier process has stored and not handled.
func (d *daemon) consoleCommands() (stored []services.Incoming, err error) {
	err = d.store.View(context.Background(), func(tx services.Tx) error {
		stored, err = tx.Incomings(console.Network, math.MaxInt32)
		return err
	})
	return stored, err
}
