package main

import (
	"path/filepath"
	"time"

	"onionbot/services"
	"onionbot/services/catalog"
	"onionbot/settings"
)

// config is the operator's file. Every key of it stands in
// config.example.toml; a test holds the two together.
type config struct {
	StateDir     string            `toml:"state_dir"`
	RunDir       string            `toml:"run_dir"`
	ServicesDir  string            `toml:"services_dir"`
	Timezone     string            `toml:"timezone"`
	LogLevel     string            `toml:"log_level"`
	MaxInstances int               `toml:"max_instances"`
	MaxMemory    int               `toml:"max_memory_mb"`
	CommandAge   settings.Duration `toml:"command_age"`

	Times    timesConfig        `toml:"times"`
	Docker   dockerConfig       `toml:"docker"`
	Tor      torConfig          `toml:"tor"`
	Telegram telegramConfig     `toml:"telegram"`
	Mastodon mastodonConfig     `toml:"mastodon"`
	Metrics  metricsConfig      `toml:"metrics"`
	Users    []userConfig       `toml:"users"`
	Services []catalog.Manifest `toml:"services"`
}

type timesConfig struct {
	StartLimit settings.Duration   `toml:"start_limit"`
	Hold       settings.Duration   `toml:"hold"`
	Reminders  []settings.Duration `toml:"reminders"`
	Watch      settings.Duration   `toml:"watch"`
	Keep       settings.Duration   `toml:"keep"`
}

type dockerConfig struct {
	Host       string            `toml:"host"`
	ImageAge   settings.Duration `toml:"image_age"`
	BuildProxy string            `toml:"build_proxy"`
}

type torConfig struct {
	Program        string   `toml:"program"`
	User           string   `toml:"user"`
	Size           int      `toml:"size"`
	TorrcInclude   string   `toml:"torrc_include"`
	ControlSockets []string `toml:"control_sockets"`
	Warm           bool     `toml:"warm"`
}

type telegramConfig struct {
	TokenFile  string `toml:"token_file"`
	APIURL     string `toml:"api_url"`
	ThroughTor bool   `toml:"through_tor"`
}

type mastodonConfig struct {
	Server         string            `toml:"server"`
	TokenFile      string            `toml:"token_file"`
	ThroughTor     bool              `toml:"through_tor"`
	Poll           settings.Duration `toml:"poll"`
	ContentWarning string            `toml:"content_warning"`
	Language       string            `toml:"language"`
}

type metricsConfig struct {
	Listen string `toml:"listen"`
}

type userConfig struct {
	Name         string            `toml:"name"`
	Telegram     []int64           `toml:"telegram"`
	Mastodon     []string          `toml:"mastodon"`
	SSHKeys      []string          `toml:"ssh_keys"`
	Services     []string          `toml:"services"`
	MaxInstances int               `toml:"max_instances"`
	MaxLife      settings.Duration `toml:"max_life"`
	Operator     bool              `toml:"operator"`
}

// lasting is a duration as a setting.
func lasting(d time.Duration) settings.Duration { return settings.Duration{Duration: d} }

// defaultConfig holds what is true when the file does not say otherwise.
func defaultConfig() *config {
	p := services.DefaultPolicy()
	c := &config{
		StateDir: "/var/lib/onionbot", RunDir: "/run/onionbot", Timezone: "UTC", LogLevel: "info",
		MaxInstances: 50, CommandAge: lasting(10 * time.Minute),
		Times: timesConfig{
			StartLimit: lasting(p.StartLimit), Hold: lasting(p.Hold), Watch: lasting(p.Watch), Keep: lasting(p.Keep),
		},
		Docker:   dockerConfig{ImageAge: lasting(7 * 24 * time.Hour)},
		Tor:      torConfig{Program: "tor", Size: 2, Warm: true},
		Telegram: telegramConfig{ThroughTor: true},
		Mastodon: mastodonConfig{ThroughTor: true, Poll: lasting(5 * time.Second), Language: "en"},
	}
	for _, r := range p.Reminders {
		c.Times.Reminders = append(c.Times.Reminders, lasting(r))
	}
	return c
}

// relativeTo lets paths of the file be written relative to it.
func (c *config) relativeTo(dir string) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return
	}
	paths := []*string{&c.StateDir, &c.RunDir, &c.ServicesDir, &c.Tor.TorrcInclude, &c.Telegram.TokenFile, &c.Mastodon.TokenFile}
	for i := range c.Tor.ControlSockets {
		paths = append(paths, &c.Tor.ControlSockets[i])
	}
	for _, p := range paths {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(abs, *p)
		}
	}
}

func (c *config) policy() services.Policy {
	p := services.DefaultPolicy()
	p.StartLimit, p.Hold = c.Times.StartLimit.Duration, c.Times.Hold.Duration
	p.Watch, p.Keep = c.Times.Watch.Duration, c.Times.Keep.Duration
	p.MaxInstances, p.NoWarm = c.MaxInstances, !c.Tor.Warm
	p.MaxMemory = int64(c.MaxMemory) << 20
	p.Reminders = nil
	for _, r := range c.Times.Reminders {
		p.Reminders = append(p.Reminders, r.Duration)
	}
	return testedPolicy(p)
}
