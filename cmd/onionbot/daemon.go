package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"path/filepath"
	"sync"

	"onionbot/bots"
	"onionbot/bots/console"
	"onionbot/bots/conversation"
	"onionbot/bots/reply"
	"onionbot/services"
	"onionbot/services/reconcile"
	"onionbot/services/sshkey"
)

// daemon is the whole program: the loop, the commands and the adapters, on a
// machine.
type daemon struct {
	*machine
	adapters   []bots.Adapter
	outbox     *conversation.Outbox
	reconciler *reconcile.Reconciler
	manager    *services.Manager
	hub        *conversation.Hub
	reloader   *reloader
}

// daemonOptions are what differs between run, demo and down.
type daemonOptions struct {
	machineOptions
	config     string                                                // the file, to be read again; "" for none
	faultPoint func(point string)                                    // passed before and after all that is durable; may be nil
	hint       func(*services.Definition, *services.Instance) string // how a person at this machine opens it; may be nil
}

// openDaemon opens everything and starts nothing.
func openDaemon(ctx context.Context, cfg *config, log *slog.Logger, o daemonOptions) (*daemon, error) {
	m, err := openMachine(ctx, cfg, log, o.machineOptions)
	if err != nil {
		return nil, err
	}
	d := &daemon{machine: m}
	if err := d.assemble(ctx, o); err != nil {
		m.close()
		return nil, err
	}
	return d, nil
}

// assemble makes the parts in the order in which they need each other: the way
// out, the loop that has something to say, the commands, the way in.
func (d *daemon) assemble(ctx context.Context, o daemonOptions) (err error) {
	if d.adapters, err = d.openAdapters(); err != nil {
		return err
	}
	if err := d.dropOthers(ctx); err != nil {
		return err
	}
	replies, messages := &reply.Renderer{Hints: o.hint, Shown: stager{d.contents}.Shown}, withMessagePoints(d.store, o.faultPoint)
	d.outbox = conversation.NewOutbox(conversation.OutboxOptions{
		Adapters: d.adapters, Store: messages, Replies: replies, Apps: d.runtime, Users: d.users.access, Catalog: d.catalog.All, Clock: d.clock, Zone: d.cfg.location(), Log: d.log,
	})
	keyring, policy, store := services.NewKeyring(), d.cfg.policy(), withCommitPoints(d.store, o.faultPoint)
	d.reconciler = reconcile.New(reconcile.Options{
		Store: store, Runtime: d.runtime, Onions: d.pool, Catalog: d.catalog, Contents: d.contents, Policy: policy, Clock: d.clock,
		Log: d.log, Keyring: keyring, User: d.users.named, Outbox: d.outbox, Adapters: d.adapterTroubles, Images: d.runtime.ImageTrouble, FaultPoint: o.faultPoint,
		Defences: d.pool.Defences, Operators: d.users.operators,
	})
	d.manager = services.NewManager(services.ManagerOptions{
		Store: store, Catalog: d.catalog, Policy: policy, Clock: d.clock, Log: d.log, Keyring: keyring,
		NewOnion: d.pool.NewOnion, NewHostKey: sshkey.NewHost, Contents: d.contents,
		Reconciler: d.reconciler, Outbox: d.outbox, Health: d.reconciler, People: d.users.access,
	})
	d.reloader = &reloader{path: o.config, users: d.users, wake: func() { d.reconciler.Notify("") }, cfg: d.cfg}
	router, err := conversation.NewRouter(ctx, conversation.RouterOptions{
		Manager: d.manager, Store: d.store, Directory: d.users.access, Replies: replies,
		Content: stager{d.contents}, ReadKey: sshkey.Read, Reload: d.reloader.reload, Clock: d.clock, Zone: d.cfg.location(), MaxAge: d.cfg.CommandAge.Duration, Log: d.log,
	})
	if err != nil {
		return err
	}
	d.hub = conversation.NewHub(conversation.HubOptions{Adapters: d.adapters, Store: messages, Router: router, Clock: d.clock, Log: d.log})
	return nil
}

// adapterTroubles is what is wrong with the networks, for the health report,
// and what the operator should know of how this start went.
func (d *daemon) adapterTroubles() map[string]string {
	troubles := d.hub.Health()
	if d.outbox != nil {
		sending := d.outbox.Health()
		maps.Copy(sending, troubles) // what is not heard matters more than what is not said
		troubles = sending
	}
	if d.notice != "" {
		troubles["configuration"] = d.notice
	}
	return troubles
}

// dropOthers erases what networks brought that are turned off now: nobody will
// handle it.
func (d *daemon) dropOthers(ctx context.Context) error {
	var on []string
	for _, a := range d.adapters {
		on = append(on, a.Network())
	}
	return d.store.Update(ctx, func(tx services.Tx) error { return tx.KeepNetworks(on...) })
}

// socket is the console's control socket.
func (d *daemon) socket() string { return filepath.Join(d.cfg.RunDir, socketName) }

// run works until ctx ends. What runs for users goes on running then.
func (d *daemon) run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { d.reconciler.Run(ctx) })
	wg.Go(func() { _ = d.outbox.Run(ctx) })
	wg.Go(func() { d.reconciler.WatchHost(ctx) })
	err := d.hub.Run(ctx)
	wg.Wait()
	return err
}

// alive returns nil once the database has answered and the loop could be asked.
func (d *daemon) alive(ctx context.Context) error {
	d.reconciler.Alive()
	return d.store.View(ctx, func(tx services.Tx) error {
		_, err := tx.Setting("alive")
		return err
	})
}

// openAdapters makes the adapters that the configuration turns on. The
// console is always there: it is how the operator gets in.
func (d *daemon) openAdapters() ([]bots.Adapter, error) {
	local, err := console.Listen(console.Options{
		Path: d.socket(), Spool: filepath.Join(d.cfg.StateDir, "console"), Log: d.log, Stored: d.consoleCommands,
		Look: d.look,
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
