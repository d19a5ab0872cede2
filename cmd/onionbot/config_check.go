package main

import (
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"time"

	"onionbot/bots/conversation"
	"onionbot/bots/mastodon"
	"onionbot/bots/telegram"
	"onionbot/metrics"
	"onionbot/services"
)

// problem is a sentence for the operator on a setting.
type problem struct {
	about string // the setting's name, "users" for the list of them
	say   string
}

// problemf makes one; it keeps checks on one line each.
func problemf(about, format string, args ...any) problem {
	return problem{about, fmt.Sprintf(format, args...)}
}

// check holds the settings against each other and against what is possible,
// and returns everything that is wrong.
func (c *config) check() []problem {
	_, zone := time.LoadLocation(c.Timezone)
	_, level := c.level()
	checks := []struct {
		wrong bool
		problem
	}{
		{zone != nil || c.Timezone == "", problemf("timezone", "timezone %q is not known; write it as in Europe/Berlin or UTC", c.Timezone)},
		{level != nil, problemf("log_level", "log_level %q is not one of debug, info, warn, error", c.LogLevel)},
		{c.StateDir == "", problemf("state_dir", "state_dir must name a directory")},
		{c.RunDir == "", problemf("run_dir", "run_dir must name a directory")},
		{c.Times.StartLimit.Duration < 10*time.Second, problemf("start_limit", "times.start_limit must be 10s or more: publishing takes that long")},
		{c.Times.Watch.Duration < 10*time.Second, problemf("watch", "times.watch must be 10s or more")},
		{c.CommandAge.Duration < time.Second, problemf("command_age", "command_age must be 1s or more: every command is that old when it arrives")},
		{c.Mastodon.Poll.Duration < time.Second, problemf("poll", "mastodon.poll must be 1s or more: servers refuse to be asked more often")},
		{!proxyKnown(c.Docker.BuildProxy), problemf("build_proxy", "docker.build_proxy must be like socks5h://127.0.0.1:9050 or http://proxy.example:3128")},
		{c.Docker.ImageAge.Duration != 0 && c.Docker.ImageAge.Duration < time.Hour, problemf("image_age", "docker.image_age must be 1h or more, or 0s for images that are never rebuilt")},
		{c.Tor.Size < 1 || c.Tor.Size > 32, problemf("size", "tor.size must be between 1 and 32")},
		{c.Mastodon.TokenFile != "" && c.Mastodon.Server == "", problemf("server", "mastodon.server must name your server, as in https://mastodon.example")},
	}
	var found []problem
	for _, check := range checks {
		if check.wrong {
			found = append(found, check.problem)
		}
	}
	return append(append(found, c.checkAddresses()...), c.checkUsers()...)
}

// checkAddresses has those who will use the addresses read them.
func (c *config) checkAddresses() (found []problem) {
	if c.Mastodon.Server != "" {
		if err := mastodon.CheckServer(c.Mastodon.Server); err != nil {
			found = append(found, problemf("server", "%v", err))
		}
	}
	if c.Telegram.APIURL != "" {
		if err := telegram.CheckAPIURL(c.Telegram.APIURL); err != nil {
			found = append(found, problemf("api_url", "%v", err))
		}
	}
	if c.Metrics.Listen != "" {
		if _, err := metrics.ParseAddress(c.Metrics.Listen, c.RunDir); err != nil {
			found = append(found, problemf("listen", "%v", err))
		}
	}
	return found
}

// proxyKnown refuses proxies that apt does not know, and those that leave the
// looking up of names to this host.
func proxyKnown(address string) bool {
	if address == "" {
		return true
	}
	u, err := url.Parse(address)
	return err == nil && u.Port() != "" && slices.Contains([]string{"socks5h", "http", "https"}, u.Scheme)
}

func (u *userConfig) accounts() []conversation.Account {
	var out []conversation.Account
	for _, id := range u.Telegram {
		out = append(out, conversation.Account{Network: telegram.Network, ID: strconv.FormatInt(id, 10)})
	}
	for _, id := range u.identities() {
		out = append(out, conversation.Account{Network: mastodon.Network, ID: id.ID})
	}
	return out
}

// identities are those on Mastodon that can be read.
func (u *userConfig) identities() []mastodon.Identity {
	var out []mastodon.Identity
	for _, text := range u.Mastodon {
		if id, err := mastodon.ParseIdentity(text); err == nil {
			out = append(out, id)
		}
	}
	return out
}

// actors are the pinned actors of Mastodon accounts, by account id.
func (c *config) actors() map[string]string {
	out := make(map[string]string)
	for i := range c.Users {
		for _, id := range c.Users[i].identities() {
			out[id.ID] = id.Actor
		}
	}
	return out
}

func (u *userConfig) user() *services.User {
	user := &services.User{
		Name: u.Name, Services: u.Services, MaxInstances: u.MaxInstances,
		MaxLife: u.MaxLife.Duration, SSHKeys: u.SSHKeys,
	}
	if u.Operator {
		user.Role = services.RoleOperator
	}
	return user
}

func (c *config) level() (slog.Level, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return 0, fmt.Errorf("log_level %q is not one of debug, info, warn, error", c.LogLevel)
	}
	return level, nil
}

func (c *config) location() *time.Location {
	loc, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return time.UTC
	}
	return loc
}
