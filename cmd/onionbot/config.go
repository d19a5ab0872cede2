package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"onionbot/services"
	"onionbot/services/catalog"
)

// config is the operator's file. Every key of it stands in
// config.example.toml; a test holds the two together.
type config struct {
	StateDir     string   `toml:"state_dir"`
	RunDir       string   `toml:"run_dir"`
	ServicesDir  string   `toml:"services_dir"`
	Timezone     string   `toml:"timezone"`
	LogLevel     string   `toml:"log_level"`
	MaxInstances int      `toml:"max_instances"`
	CommandAge   duration `toml:"command_age"`

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
	StartLimit duration   `toml:"start_limit"`
	Hold       duration   `toml:"hold"`
	Reminders  []duration `toml:"reminders"`
	Watch      duration   `toml:"watch"`
	Keep       duration   `toml:"keep"`
}

type dockerConfig struct {
	Host       string   `toml:"host"`
	ImageAge   duration `toml:"image_age"`
	BuildProxy string   `toml:"build_proxy"`
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
	Server         string   `toml:"server"`
	TokenFile      string   `toml:"token_file"`
	ThroughTor     bool     `toml:"through_tor"`
	Poll           duration `toml:"poll"`
	ContentWarning string   `toml:"content_warning"`
	Language       string   `toml:"language"`
}

type metricsConfig struct {
	Listen string `toml:"listen"`
}

type userConfig struct {
	Name         string   `toml:"name"`
	Telegram     []int64  `toml:"telegram"`
	Mastodon     []string `toml:"mastodon"`
	SSHKeys      []string `toml:"ssh_keys"`
	Services     []string `toml:"services"`
	MaxInstances int      `toml:"max_instances"`
	MaxLife      duration `toml:"max_life"`
	Operator     bool     `toml:"operator"`
}

// duration reads "90m", "2h30m" and whole days, "7d".
type duration time.Duration

// UnmarshalText is how TOML strings become durations.
func (d *duration) UnmarshalText(text []byte) error {
	s := string(text)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		var n int
		if _, err := fmt.Sscanf(days, "%d", &n); err != nil || fmt.Sprint(n) != days || n < 0 || n > 3650 {
			return fmt.Errorf("%q is not a time like 30s, 15m, 2h or 7d", s)
		}
		*d = duration(time.Duration(n) * 24 * time.Hour)
		return nil
	}
	v, err := time.ParseDuration(s)
	if err != nil || v < 0 {
		return fmt.Errorf("%q is not a time like 30s, 15m, 2h or 7d", s)
	}
	*d = duration(v)
	return nil
}

// defaultConfig holds what is true when the file does not say otherwise.
func defaultConfig() *config {
	p := services.DefaultPolicy()
	c := &config{
		StateDir: "/var/lib/onionbot", RunDir: "/run/onionbot", Timezone: "UTC", LogLevel: "info",
		MaxInstances: 50, CommandAge: duration(10 * time.Minute),
		Times: timesConfig{
			StartLimit: duration(p.StartLimit), Hold: duration(p.Hold), Watch: duration(p.Watch), Keep: duration(p.Keep),
		},
		Docker:   dockerConfig{ImageAge: duration(7 * 24 * time.Hour)},
		Tor:      torConfig{Program: "tor", Size: 2, Warm: true},
		Telegram: telegramConfig{ThroughTor: true},
		Mastodon: mastodonConfig{ThroughTor: true, Poll: duration(5 * time.Second), Language: "en"},
	}
	for _, r := range p.Reminders {
		c.Times.Reminders = append(c.Times.Reminders, duration(r))
	}
	return c
}

// loadConfig reads and checks the file. Errors are [services.CodeBadConfig]
// with the line where one can be named.
func loadConfig(path string) (*config, error) {
	c, err := readConfig(path)
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, badConfig(path, 0, err.Error(), nil)
	}
	return c, nil
}

// readConfig reads a file that may not be finished yet.
func readConfig(path string) (*config, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, badConfig(path, 0, "there is no such file; copy config.example.toml to it and edit it", err)
	}
	if err != nil {
		return nil, badConfig(path, 0, "it cannot be read", err)
	}
	c := defaultConfig()
	decoder := toml.NewDecoder(strings.NewReader(string(data))).DisallowUnknownFields()
	if err := decoder.Decode(c); err != nil {
		return nil, decodeError(path, err)
	}
	c.relativeTo(filepath.Dir(path))
	return c, nil
}

func decodeError(path string, err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		first := strict.Errors[0]
		line, _ := first.Position()
		return badConfig(path, line, fmt.Sprintf("%q is not a setting of onionbot", strings.Join(first.Key(), ".")), nil)
	}
	var decode *toml.DecodeError
	if errors.As(err, &decode) {
		line, _ := decode.Position()
		if kind := kindOf(decode.Key()); kind != "" { // the file is TOML, the value does not fit
			return badConfig(path, line, fmt.Sprintf("%q must be %s", strings.Join(decode.Key(), "."), kind), err)
		}
		return badConfig(path, line, strings.TrimPrefix(decode.Error(), "toml: "), nil)
	}
	return badConfig(path, 0, strings.TrimPrefix(err.Error(), "toml: "), nil)
}

func badConfig(path string, line int, problem string, cause error) error {
	args := []string{"file", path, "problem", problem}
	if line > 0 {
		args = append(args, "line", strconv.Itoa(line))
	}
	return services.Wrap(services.CodeBadConfig, cause, args...)
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
	p.StartLimit, p.Hold = time.Duration(c.Times.StartLimit), time.Duration(c.Times.Hold)
	p.Watch, p.Keep = time.Duration(c.Times.Watch), time.Duration(c.Times.Keep)
	p.MaxInstances, p.NoWarm = c.MaxInstances, !c.Tor.Warm
	p.Reminders = nil
	for _, r := range c.Times.Reminders {
		p.Reminders = append(p.Reminders, time.Duration(r))
	}
	return testedPolicy(p)
}
