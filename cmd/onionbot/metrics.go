package main

import (
	"context"

	"onionbot/metrics"
)

// openMetrics serves the numbers where the configuration says, and returns
// what ends that. It does nothing where it says nothing.
func (d *daemon) openMetrics(ctx context.Context, path string) (end func(), err error) {
	if d.cfg.Metrics.Listen == "" {
		return func() {}, nil
	}
	address, err := metrics.ParseAddress(d.cfg.Metrics.Listen, d.cfg.RunDir)
	if err != nil {
		return nil, badConfig(path, 0, err.Error(), nil)
	}
	server, err := metrics.Serve(ctx, address, d.sources(), d.log)
	if err != nil {
		return nil, badConfig(path, 0, err.Error(), err)
	}
	d.log.Info("metrics", "address", server.Addr().String())
	return func() {
		if err := server.Close(); err != nil {
			d.log.Error("close metrics", "error", err)
		}
	}, nil
}

func (d *daemon) sources() metrics.Sources {
	s := metrics.Sources{
		Version: version, Store: d.store, Clock: d.clock, Health: d.reconciler, Tors: d.torStates,
		Received: d.hub.Received, Sent: d.outbox.Sent,
	}
	for _, a := range d.adapters {
		s.Networks = append(s.Networks, a.Network())
	}
	for _, def := range d.catalog.All() {
		s.Services = append(s.Services, def.Name)
	}
	return s
}

func (d *daemon) torStates(ctx context.Context) []metrics.Tor {
	var out []metrics.Tor
	for _, h := range d.pool.Health(ctx) {
		out = append(out, metrics.Tor{Name: h.Name, Up: h.Answering && h.Bootstrap == 100})
	}
	return out
}
