package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"onionbot/db"
	"onionbot/services"
	"onionbot/services/catalog"
	"onionbot/services/content"
	"onionbot/services/docker"
	"onionbot/services/sshkey"
	"onionbot/services/wallclock"
	"onionbot/tor"
)

// operatorName is the user that onionbot ctl and chat act as.
const operatorName = "operator"

// engine is everything below the front ends: store, Docker, tor, and what
// keeps them together.
type engine struct {
	cfg        *config
	log        *slog.Logger
	clock      services.Clock
	unlock     func()
	store      *db.Store
	runtime    *docker.Runtime
	pool       *tor.Pool
	catalog    *services.Catalog
	contents   *content.Store
	users      *users
	manager    *services.Manager
	reconciler *services.Reconciler
}

// engineOptions are what differs between run, demo and down.
type engineOptions struct {
	tied  bool     // tor processes end with this process
	torrc []string // lines beyond those of the configuration
	hook  func(point string)
}

// openEngine opens everything in the order of what may refuse: the lock first,
// so that two daemons never touch one state. On error it closes what it opened.
func openEngine(ctx context.Context, cfg *config, log *slog.Logger, outbox services.Outbox, o engineOptions) (e *engine, err error) {
	e = &engine{cfg: cfg, log: log, clock: wallclock.New()}
	defer func() {
		if err != nil {
			e.close()
			e = nil
		}
	}()
	if e.users, err = newUsers(cfg); err != nil {
		return e, err
	}
	if err = privateDir(cfg.StateDir); err != nil {
		return e, err
	}
	if e.unlock, err = db.Lock(cfg.StateDir); err != nil {
		return e, err
	}
	if e.store, err = db.Open(ctx, databasePath(cfg), db.Options{Logger: log}); err != nil {
		return e, err
	}
	defs, err := catalog.Load(cfg.ServicesDir)
	if err != nil {
		return e, err
	}
	e.catalog = services.NewCatalog(defs)
	if e.contents, err = content.Open(filepath.Join(cfg.StateDir, "content")); err != nil {
		return e, err
	}
	if e.runtime, err = e.openRuntime(ctx); err != nil {
		return e, err
	}
	if e.pool, err = e.openPool(ctx, o); err != nil {
		return e, err
	}
	e.assemble(outbox, o)
	return e, nil
}

func databasePath(cfg *config) string { return filepath.Join(cfg.StateDir, "onionbot.db") }

// privateDir makes a directory for this user only.
func privateDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return services.Wrap(services.CodeReadOnlyState, err)
	}
	return nil
}

func (e *engine) openRuntime(ctx context.Context) (*docker.Runtime, error) {
	name, err := e.installation(ctx)
	if err != nil {
		return nil, err
	}
	shim, err := shimFile(e.cfg.StateDir, shimProgram)
	if err != nil {
		return nil, err
	}
	return docker.New(docker.Options{
		RunDir: filepath.Join(e.cfg.RunDir, "i"), ShimPath: shim, Installation: name, Host: e.cfg.Docker.Host,
		Timezone: e.cfg.location(), Logger: e.log,
	})
}

// installation names this state directory on its engine, so that two
// installations on one host leave each other's containers alone.
func (e *engine) installation(ctx context.Context) (string, error) {
	var name string
	err := e.store.Update(ctx, func(tx services.Tx) error {
		var err error
		if name, err = tx.Setting("installation"); err != nil || name != "" {
			return err
		}
		name = services.NewID()
		return tx.SetSetting("installation", name)
	})
	return name, err
}

func (e *engine) openPool(ctx context.Context, o engineOptions) (*tor.Pool, error) {
	lines, err := includeLines(e.cfg.Tor.TorrcInclude)
	if err != nil {
		return nil, err
	}
	return tor.Open(ctx, tor.Options{
		StateDir: filepath.Join(e.cfg.StateDir, "tor"), RunDir: filepath.Join(e.cfg.RunDir, "t"),
		TorPath: e.cfg.Tor.Program, Size: e.cfg.Tor.Size, TorrcInclude: append(lines, o.torrc...),
		ControlSockets: e.cfg.Tor.ControlSockets, Tied: o.tied, Logger: e.log,
	})
}

// includeLines reads the operator's torrc lines, without comments, and refuses
// those that onionbot cannot work with.
func includeLines(path string) ([]string, error) {
	if path == "" {
		return nil, nil
	}
	where := "tor.torrc_include " + path
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, badConfig(where, 0, "it cannot be read", err)
	}
	var lines []string
	scanner := bufio.NewScanner(strings.NewReader(string(data)))
	for n := 1; scanner.Scan(); n++ {
		line := strings.TrimSpace(scanner.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := tor.CheckLine(line); err != nil {
			return nil, badConfig(where, n, err.Error(), nil)
		}
		lines = append(lines, line)
	}
	return lines, scanner.Err()
}

// assemble joins the parts of the domain.
func (e *engine) assemble(outbox services.Outbox, o engineOptions) {
	keyring, policy := services.NewKeyring(), e.cfg.policy()
	store := crashStore(e.store, o.hook)
	e.reconciler = services.NewReconciler(services.ReconcilerOptions{
		Store: store, Runtime: e.runtime, Onions: e.pool, Catalog: e.catalog, Contents: e.contents,
		Policy: policy, Clock: e.clock, Log: e.log, Keyring: keyring, User: e.users.named, Outbox: outbox, Hook: o.hook,
	})
	e.manager = services.NewManager(services.ManagerOptions{
		Store: store, Catalog: e.catalog, Policy: policy, Clock: e.clock, Log: e.log, Keyring: keyring,
		NewOnion: e.pool.NewOnion, NewHostKey: sshkey.NewHost, Contents: e.contents,
		Engine: e.reconciler, Outbox: outbox, Health: e.reconciler,
	})
}

// prepareImages builds what is missing ahead of the first start.
func (e *engine) prepareImages(ctx context.Context) {
	for _, def := range e.catalog.All() {
		err := e.runtime.EnsureImage(ctx, def, func(step string) { e.log.Info("image", "service", def.Name, "step", step) })
		if err != nil && ctx.Err() == nil {
			e.log.Warn("image is not ready yet", "service", def.Name, "error", err)
		}
	}
}

// takeDown ends every instance, warm addresses included, and waits until
// nothing is left or the limit has passed.
func (e *engine) takeDown(ctx context.Context) error {
	e.reconciler.Retire()
	if err := e.manager.TakeDown(ctx); err != nil {
		return err
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		left, err := e.left(ctx)
		if err != nil || left == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d services could not be taken down in time; they end at their deadlines", left)
		case <-tick.C:
		}
	}
}

func (e *engine) left(ctx context.Context) (int, error) {
	var rows []*services.Instance
	err := e.store.View(ctx, func(tx services.Tx) error {
		var err error
		rows, err = tx.Instances(services.InstanceFilter{NotEnded: true})
		return err
	})
	return len(rows), err
}

// close lets go of everything and leaves what runs running.
func (e *engine) close() {
	if e.pool != nil {
		e.pool.Close()
	}
	var err error
	if e.runtime != nil {
		err = errors.Join(err, e.runtime.Close())
	}
	if e.store != nil {
		err = errors.Join(err, e.store.Close())
	}
	if e.unlock != nil {
		e.unlock()
	}
	if err != nil {
		e.log.Error("close", "error", err)
	}
}
