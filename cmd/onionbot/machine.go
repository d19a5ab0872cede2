package main

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"onionbot/db"
	"onionbot/services"
	"onionbot/services/catalog"
	"onionbot/services/content"
	"onionbot/services/docker"
	"onionbot/services/wallclock"
	"onionbot/tor"
)

// operatorName is the user that onionbot ctl and chat act as.
const operatorName = "operator"

// machine is what the daemon stands on: its state, Docker and tor.
type machine struct {
	cfg      *config
	log      *slog.Logger
	clock    services.Clock
	unlock   []func()
	notice   string // what the operator should know of how this start went; "" for nothing
	store    *db.Store
	runtime  *docker.Runtime
	pool     *tor.Pool
	catalog  *services.Catalog
	contents *content.Store
	users    *users
}

// machineOptions are what differs between run, demo and down.
type machineOptions struct {
	tied  bool     // tor processes end with this process
	torrc []string // lines beyond those of the configuration
}

// openMachine opens everything in the order of what may refuse: the locks first,
// so that two daemons never touch one state. On error it closes what it opened.
func openMachine(ctx context.Context, cfg *config, log *slog.Logger, o machineOptions) (m *machine, err error) {
	m = &machine{cfg: cfg, log: log, clock: wallclock.New()}
	defer func() {
		if err != nil {
			m.close()
			m = nil
		}
	}()
	if m.users, err = newUsers(cfg); err != nil {
		return m, err
	}
	if err = m.takeDirs(); err != nil {
		return m, err
	}
	if m.store, err = db.Open(ctx, databasePath(cfg), db.Options{Logger: log}); err != nil {
		return m, err
	}
	if err = m.users.access.Join(m.store, log); err != nil {
		return m, err
	}
	defs, err := catalog.Load(cfg.ServicesDir, cfg.Services...)
	if err != nil {
		return m, err
	}
	m.catalog = services.NewCatalog(defs)
	if m.contents, err = content.Open(filepath.Join(cfg.StateDir, "content")); err != nil {
		return m, err
	}
	who, err := torAccount(ctx, cfg, log)
	if err != nil {
		return m, err
	}
	if m.runtime, err = m.openRuntime(ctx, who); err != nil {
		return m, err
	}
	if m.pool, err = m.openPool(ctx, who, o); err != nil {
		return m, err
	}
	return m, nil
}

func databasePath(cfg *config) string { return filepath.Join(cfg.StateDir, "onionbot.db") }

func (m *machine) openRuntime(ctx context.Context, who tor.Account) (*docker.Runtime, error) {
	name, err := m.settle(ctx)
	if err != nil {
		return nil, err
	}
	shim, err := containerProgram(m.cfg.StateDir, shimPrefix, shimProgram)
	if err != nil {
		return nil, err
	}
	app, err := containerProgram(m.cfg.StateDir, appPrefix, appProgram)
	if err != nil {
		return nil, err
	}
	return docker.New(docker.Options{
		RunDir: filepath.Join(m.cfg.RunDir, "i"), ShimPath: shim, AppPath: app, Installation: name, Host: m.cfg.Docker.Host, BuildProxy: m.cfg.Docker.BuildProxy,
		Group: who.GID, Logger: m.log,
	})
}

func (m *machine) openPool(ctx context.Context, who tor.Account, o machineOptions) (*tor.Pool, error) {
	lines, err := includeLines(m.cfg.Tor.TorrcInclude)
	if err != nil {
		return nil, err
	}
	return tor.Open(ctx, tor.Options{
		StateDir: filepath.Join(m.cfg.StateDir, "tor"), RunDir: filepath.Join(m.cfg.RunDir, "t"),
		TorPath: m.cfg.Tor.Program, Size: m.cfg.Tor.Size, TorrcInclude: append(lines, o.torrc...),
		ControlSockets: m.cfg.Tor.ControlSockets, Account: who, Tied: o.tied, Logger: m.log,
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

// keepImages builds what is missing ahead of the first start, and rebuilds
// what has become old, until ctx ends.
func (m *machine) keepImages(ctx context.Context) {
	m.askImages(ctx)
	m.prepareImages(ctx)
	m.runtime.KeepFresh(ctx, m.catalog.All(), m.cfg.Docker.ImageAge.Duration)
}

// askImages has the images that are there say the ports that their services
// leave to them: what ran before this start is looked at with them.
func (m *machine) askImages(ctx context.Context) {
	for _, def := range m.catalog.All() {
		if len(def.Ports) > 0 {
			continue
		}
		full, err := m.runtime.Complete(ctx, def)
		if err != nil {
			m.log.Debug("an image does not say its ports yet", "service", def.Name, "error", err)
			continue
		}
		m.catalog.LearnPorts(full)
	}
}

// prepareImages builds what is missing ahead of the first start.
func (m *machine) prepareImages(ctx context.Context) {
	for _, def := range m.catalog.All() {
		if def.OnDemand {
			continue
		}
		err := m.runtime.EnsureImage(ctx, def, func(step string) { m.log.Info("image", "service", def.Name, "step", step) })
		if err != nil && ctx.Err() == nil {
			m.log.Warn("image is not ready yet", "service", def.Name, "error", err)
		}
	}
}

// close lets go of everything and leaves what runs running.
func (m *machine) close() {
	if m.pool != nil {
		m.pool.Close()
	}
	var err error
	if m.runtime != nil {
		err = errors.Join(err, m.runtime.Close())
	}
	if m.store != nil {
		err = errors.Join(err, m.store.Close())
	}
	for _, release := range m.unlock {
		release()
	}
	if err != nil {
		m.log.Error("close", "error", err)
	}
}
