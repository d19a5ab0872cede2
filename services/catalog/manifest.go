package catalog

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"onionbot/services"
	"onionbot/settings"
)

// Manifest is what service.toml says, or an entry of the configuration.
type Manifest struct {
	Summary      string            `toml:"summary"`
	Aliases      []string          `toml:"aliases"`
	Open         string            `toml:"open"`
	Probe        string            `toml:"probe"`
	Name         string            `toml:"name"` // in the configuration; a folder has one itself
	Image        string            `toml:"image"`
	Command      []string          `toml:"command"`
	Args         []string          `toml:"args"`
	WorkDir      string            `toml:"workdir"`
	App          string            `toml:"app"`
	User         string            `toml:"user"`
	Caps         []string          `toml:"caps"`
	Env          []string          `toml:"env"`
	Shutdown     settings.Duration `toml:"shutdown"`
	DefaultLife  settings.Duration `toml:"default_life"`
	MaxLife      settings.Duration `toml:"max_life"`
	Counts       string            `toml:"counts"`
	Inward       int               `toml:"inward"`
	NeedsSSHKeys bool              `toml:"needs_ssh_keys"`
	HostKey      bool              `toml:"host_key"`
	Secrets      []string          `toml:"secrets"`
	Content      string            `toml:"content"`
	Verbatim     bool              `toml:"verbatim"`
	EphemeralKey bool              `toml:"ephemeral_key"`
	Warm         int               `toml:"warm"`
	OnDemand     bool              `toml:"on_demand"`
	Ports        []manifestPort    `toml:"ports"`
	Limits       manifestLimits    `toml:"limits"`
	Account      manifestAccount   `toml:"account"`
	Tmpfs        map[string]string `toml:"tmpfs"`
	Volumes      map[string]size   `toml:"volumes"`
}

type manifestPort struct {
	Onion int `toml:"onion"`
	App   int `toml:"app"`
}

type manifestLimits struct {
	Memory size    `toml:"memory"`
	CPUs   float64 `toml:"cpus"`
	PIDs   int64   `toml:"pids"`
	// Connections is 0 for as many as there can be.
	Connections int `toml:"connections"`
}

type manifestAccount struct {
	Name  string `toml:"name"`
	Home  string `toml:"home"`
	Shell string `toml:"shell"`
}

// size is a number of bytes: "64MiB", "1GiB".
type size int64

// UnmarshalText reads a size.
func (s *size) UnmarshalText(b []byte) error {
	for unit, factor := range map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30} {
		if digits, ok := strings.CutSuffix(string(b), unit); ok {
			if n, err := strconv.ParseInt(digits, 10, 32); err == nil && n > 0 {
				*s = size(n * factor)
				return nil
			}
		}
	}
	return errors.New(`must be a size like "64MiB"`)
}

// parseManifest turns service.toml into a definition, strictly. It tells all
// that is wrong with it.
func parseManifest(name, file string, text []byte) (*services.Definition, error) {
	var m Manifest
	found := settings.Decode(text, &m)
	if m.Name != "" && m.Name != name {
		found = append(found, settings.Problem{Key: "name", Say: fmt.Sprintf("name is %q, and the folder is %q: remove name", m.Name, name)})
	}
	m.fillIn(name)
	for _, p := range m.problems() {
		if !slices.ContainsFunc(found, func(f settings.Problem) bool { return f.Key == "" || f.Concerns(p.Key) }) {
			found = append(found, p) // otherwise it follows from what could not be read
		}
	}
	settings.Place(text, found)
	slices.SortStableFunc(found, func(a, b settings.Problem) int { return cmp.Compare(a.Line, b.Line) })
	var wrong []error
	for _, p := range found {
		wrong = append(wrong, located(file, p))
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return m.definition(name), nil
}

func (m *Manifest) definition(name string) *services.Definition {
	d := &services.Definition{
		Name: name, Summary: m.Summary, Aliases: m.Aliases,
		Probe: services.ProbeKind(m.Probe), Open: m.Open,
		Image: m.Image, Command: m.Command, App: m.App, Args: m.Args, WorkDir: m.WorkDir,
		User: m.User, Caps: m.Caps, Env: m.Env, Tmpfs: m.tmpfs(), Volumes: m.volumes(),
		Account:     services.Account(m.Account),
		Limits:      services.Limits{MemoryBytes: int64(m.Limits.Memory), CPUs: m.Limits.CPUs, PIDs: m.Limits.PIDs, Connections: m.Limits.Connections},
		Shutdown:    m.Shutdown.Duration,
		DefaultLife: m.DefaultLife.Duration, MaxLife: m.MaxLife.Duration,
		Counts: m.Counts, Inward: m.Inward,
		NeedsSSHKeys: m.NeedsSSHKeys, HostKey: m.HostKey, Secrets: m.Secrets, Content: m.Content, Verbatim: m.Verbatim,
		EphemeralKey: m.EphemeralKey, Warm: m.Warm, OnDemand: m.OnDemand,
	}
	for _, p := range m.Ports {
		d.Ports = append(d.Ports, services.Port{Onion: p.Onion, App: p.App})
	}
	return d
}

var (
	userName    = regexp.MustCompile(`^[a-z0-9_][a-zA-Z0-9_.-]{0,31}(:[a-z0-9_][a-zA-Z0-9_.-]{0,31})?$`)
	accountName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)
	capability  = regexp.MustCompile(`^[A-Z][A-Z_]*$`)
	countWord   = regexp.MustCompile(`^[a-z]{1,20}$`)
	variable    = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)
)

// problems are what is said and cannot be.
func (m *Manifest) problems() []settings.Problem {
	var found []settings.Problem
	for _, c := range m.checks() {
		if c.wrong {
			found = append(found, settings.Problem{Key: c.key, Say: c.say})
		}
	}
	for _, p := range []settings.Problem{m.imageProblem(), m.portProblem(), m.secretProblem()} {
		if p.Say != "" {
			found = append(found, p)
		}
	}
	return found
}

// check is something that cannot be, the key that it is about, and a sentence.
type check struct {
	wrong    bool
	key, say string
}

func (m *Manifest) checks() []check {
	return []check{
		{m.Summary == "" || len(m.Summary) > 100 || strings.ContainsAny(m.Summary, "\r\n"), "summary", "summary must be one line of at most 100 bytes"},
		{len(m.Command) > 0 && m.Command[0] == "", "command", "command must say what to run, or be left out for the image's"},
		{m.App != "" && (len(m.Command) > 0 || !serviceName.MatchString(m.App)), "app", "app is a word, and stands instead of command"},
		{m.Counts != "" && !countWord.MatchString(m.Counts), "counts", `counts is what the app counts itself, in a word like "download"; leave it out for connections`},
		{m.Inward < 0 || m.Inward > 65535, "inward", "inward must be a port between 1 and 65535, or left out"},
		{m.User != "" && !userName.MatchString(m.User), "user", `user must be numbers as in "101:101", a name of the image's /etc/passwd, or "own"`},
		{m.User != "" && m.Account != manifestAccount{}, "account", "account is for a service without user: the one names what the other fixes"},
		{m.Account != manifestAccount{} && !m.Account.complete(), "account", "account wants a name, and home and shell as absolute paths"},
		{!slices.Contains([]string{"", "http", "ssh", "tcp"}, m.Probe), "probe", `probe must be "http", "ssh" or "tcp", or left out`},
		{m.DefaultLife.Duration <= 0 || m.MaxLife.Duration < m.DefaultLife.Duration, "default_life", "default_life must be set and no longer than max_life"},
		{m.Shutdown.Duration > 10*time.Second, "shutdown", "shutdown must be at most 10s"},
		{m.Limits.Memory < 16<<20, "limits.memory", `limits.memory must be at least "16MiB"`},
		{m.Limits.CPUs < 0.05 || m.Limits.CPUs > 64, "limits.cpus", "limits.cpus must be between 0.05 and 64"},
		{m.Limits.PIDs < 4, "limits.pids", "limits.pids must be at least 4"},
		{m.Limits.Connections < 0 || m.Limits.Connections > 512, "limits.connections", "limits.connections must be between 1 and 512, or left out"},
		{m.Warm < 0 || m.Warm > 20, "warm", "warm must be between 0 and 20"},
		{m.Warm > 0 && m.EphemeralKey, "warm", "warm and ephemeral_key exclude each other"},
		{m.Content != "" && !services.Mountable(m.Content), "content", "content must be an absolute path outside /onion"},
		{m.Warm > 0 && m.OnDemand, "on_demand", "warm and on_demand exclude each other"},
		{slices.ContainsFunc(m.Aliases, func(a string) bool { return !serviceName.MatchString(a) }), "aliases", "an alias is a word like a service's name"},
		{slices.ContainsFunc(m.Caps, func(c string) bool { return !capability.MatchString(c) || strings.HasPrefix(c, "CAP_") }), "caps", `caps are names without CAP_, like "SETUID"`},
		{slices.ContainsFunc(m.Env, func(e string) bool { return !variable.MatchString(e) }), "env", "env entries look like NAME=value"},
		{slices.ContainsFunc(slices.Collect(maps.Keys(m.Tmpfs)), func(p string) bool { return !services.Mountable(p) }), "tmpfs", "tmpfs paths must be absolute and outside /onion"},
	}
}

// complete reports whether an account can stand in /etc/passwd.
func (a manifestAccount) complete() bool {
	fits := func(p string) bool { return path.IsAbs(p) && !strings.ContainsAny(p, ":\r\n") }
	return accountName.MatchString(a.Name) && fits(a.Home) && fits(a.Shell)
}

func (m *Manifest) portProblem() settings.Problem {
	if len(m.Ports) == 0 && (m.App != "" || m.Warm > 0) {
		return settings.Problem{Key: "ports", Say: "at least one [[ports]] entry is needed"}
	}
	seen := make(map[int]bool)
	for _, p := range m.Ports {
		if p.Onion < 1 || p.Onion > 65535 || p.App < 1 || p.App > 65535 {
			return settings.Problem{Key: "ports.app", Say: "ports are between 1 and 65535"}
		}
		if seen[p.Onion] {
			return settings.Problem{Key: "ports.onion", Say: fmt.Sprintf("onion port %d is named twice", p.Onion)}
		}
		seen[p.Onion] = true
	}
	return settings.Problem{}
}

// located is a problem of the text.
func located(file string, p settings.Problem) error {
	err := bad(file, p.Line, p.Say)
	if p.Column > 0 {
		err.Args["column"] = strconv.Itoa(p.Column)
	}
	return err
}

// bad is a problem of a file; line 0 means that it has none.
func bad(file string, line int, problem string) *services.Error {
	args := []string{"file", file, "problem", problem}
	if line > 0 {
		args = append(args, "line", strconv.Itoa(line))
	}
	return services.E(services.CodeBadConfig, args...)
}
