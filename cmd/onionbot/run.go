package main

import (
	"context"
	"log/slog"
	"os"
)

type runCmd struct {
	Config string `default:"${config}" type:"path" help:"The configuration file."`
}

// Run is the bot, until it is told to end. Services, containers and tor
// processes go on, so that the next bot finds them.
func (c runCmd) Run(ctx context.Context, s *streams) error {
	cfg, err := loadConfig(c.Config)
	if err != nil {
		return err
	}
	log := newLog(cfg, s)
	d, err := openDaemon(ctx, cfg, log, daemonOptions{config: c.Config, faultPoint: crashPoint()})
	if err != nil {
		return err
	}
	defer d.close()
	endMetrics, err := d.openMetrics(ctx, c.Config)
	if err != nil {
		return err
	}
	defer endMetrics()
	var networks []string
	for _, a := range d.adapters {
		networks = append(networks, a.Network())
	}
	log.Info("onionbot is up", "version", version, "adapters", networks, "users", len(cfg.Users))
	d.sayOwnerless(ctx)
	for i := range cfg.Users {
		for _, unknown := range cfg.Users[i].unknownServices(d.catalog.All()) {
			log.Warn("the configuration names what there is not", "problem", unknown)
		}
	}
	go d.keepImages(ctx)
	process := &daemonProcess{alive: d.alive, log: log}
	go d.onSignal(ctx, process)
	defer process.supervise(ctx)()
	return d.run(ctx)
}

// newLog writes lines for a person at a terminal, and JSON for what collects
// logs elsewhere.
func newLog(cfg *config, s *streams) *slog.Logger {
	level, err := cfg.level()
	if err != nil {
		level = slog.LevelInfo
	}
	o := &slog.HandlerOptions{Level: level}
	if file, ok := s.err.(*os.File); ok && isTerminal(file) {
		return slog.New(slog.NewTextHandler(s.err, o))
	}
	return slog.New(slog.NewJSONHandler(s.err, o))
}
