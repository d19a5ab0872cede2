package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"onionbot/services"
	"onionbot/services/catalog"
)

// servicesCmd is for whoever writes a service.
type servicesCmd struct {
	List  servicesListCmd  `cmd:"" help:"Show what can be started."`
	New   servicesNewCmd   `cmd:"" help:"Make the folder of a new service, which works and has a remark at all that can be set."`
	Check servicesCheckCmd `cmd:"" help:"Build and start a service here, without tor, and say what to change."`
}

// configFlag names the configuration of the bot that is meant.
type configFlag struct {
	Config string `type:"path" help:"The bot's configuration file (default: config.toml, then /etc/onionbot/config.toml)."`
}

func (f configFlag) load() (*config, error) { return target{Config: f.Config}.load() }

// loadAny is load, and the defaults where there is no file and none is named.
func (f configFlag) loadAny() (*config, error) {
	cfg, err := f.load()
	if errors.Is(err, fs.ErrNotExist) && f.Config == "" {
		return defaultConfig(), nil
	}
	return cfg, err
}

type servicesListCmd struct{ configFlag }

// Run prints the catalogue of the configuration; that of onionbot alone where
// there is none.
func (c servicesListCmd) Run(s *streams) error {
	cfg, err := c.loadAny()
	if err != nil {
		return err
	}
	defs, err := catalog.Load(cfg.ServicesDir, cfg.Services...)
	if err != nil {
		return err
	}
	for _, d := range defs {
		line := fmt.Sprintf("%-12s %s", d.Name, d.Summary)
		if len(d.Aliases) > 0 {
			line += " (also: " + strings.Join(d.Aliases, ", ") + ")"
		}
		fmt.Fprintln(s.out, line)
		fmt.Fprintf(s.out, "%-12s   %s; ports %s; %d MiB; at most %s\n", "", origin(cfg, d), ports(d), d.Limits.MemoryBytes>>20, strings.TrimSuffix(d.MaxLife.String(), "0m0s"))
	}
	return nil
}

// origin says where a service comes from.
func origin(cfg *config, d *services.Definition) string {
	switch {
	case slices.ContainsFunc(cfg.Services, func(m catalog.Manifest) bool { return m.Name == d.Name }):
		return "image " + d.Image + ", of the configuration"
	case cfg.ServicesDir != "" && exists(filepath.Join(cfg.ServicesDir, d.Name)):
		return "of " + filepath.Join(cfg.ServicesDir, d.Name)
	}
	return "of onionbot"
}

// ports are those of the address.
func ports(d *services.Definition) string {
	if len(d.Ports) == 0 {
		return "as the image says"
	}
	var all []string
	for _, p := range d.Ports {
		all = append(all, strconv.Itoa(p.Onion))
	}
	return strings.Join(all, ", ")
}

type servicesNewCmd struct {
	Name string `arg:"" help:"What it is called, as in \"start NAME\"."`
	In   string `type:"path" help:"Where the folder is made (default: services_dir of the configuration, else here)."`
	configFlag
}

// Run makes the folder and says what comes next.
func (c servicesNewCmd) Run(_ context.Context, s *streams) error {
	parent, known := c.In, false
	if cfg, err := c.load(); err == nil && cfg.ServicesDir != "" {
		known = parent == "" || filepath.Clean(parent) == filepath.Clean(cfg.ServicesDir)
		if parent == "" {
			parent = cfg.ServicesDir
		}
	}
	if parent == "" {
		parent = "."
	}
	dir, err := catalog.Scaffold(parent, c.Name)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "Made %s, a service that works.\n\n", dir)
	fmt.Fprintf(s.out, "  1. Edit %s and Dockerfile where they say EDIT.\n", filepath.Join(dir, "service.toml"))
	fmt.Fprintf(s.out, "  2. onionbot services check %s\n", dir)
	step := 3
	if !known {
		full, err := filepath.Abs(parent)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "  %d. Write services_dir = %q into the configuration.\n", step, full)
		step++
	}
	fmt.Fprintf(s.out, "  %d. Start the bot again, and type: start %s\n", step, c.Name)
	return nil
}
