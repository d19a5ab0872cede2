package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"onionbot/bots/conversation"
	"onionbot/bots/mastodon"
	"onionbot/bots/telegram"
	"onionbot/metrics"
	"onionbot/services"
	"onionbot/services/sshkey"
)

// check holds the settings against each other and against what is possible.
// Its errors are sentences for the operator.
func (c *config) check() error {
	if _, err := time.LoadLocation(c.Timezone); err != nil || c.Timezone == "" {
		return fmt.Errorf("timezone %q is not known; write it as in Europe/Berlin or UTC", c.Timezone)
	}
	if _, err := c.level(); err != nil {
		return err
	}
	if c.StateDir == "" || c.RunDir == "" {
		return errors.New("state_dir and run_dir must name a directory")
	}
	if c.Times.StartLimit < duration(10*time.Second) {
		return errors.New("times.start_limit must be 10s or more: publishing takes that long")
	}
	if c.Times.Watch < duration(10*time.Second) {
		return errors.New("times.watch must be 10s or more")
	}
	if err := checkBuildProxy(c.Docker.BuildProxy); err != nil {
		return err
	}
	if c.Docker.ImageAge != 0 && c.Docker.ImageAge < duration(time.Hour) {
		return errors.New("docker.image_age must be 1h or more, or 0s for images that are never rebuilt")
	}
	if c.Tor.Size < 1 || c.Tor.Size > 32 {
		return errors.New("tor.size must be between 1 and 32")
	}
	if c.Mastodon.TokenFile != "" && c.Mastodon.Server == "" {
		return errors.New("mastodon.server must name your server, as in https://mastodon.example")
	}
	if c.Metrics.Listen != "" {
		if _, err := metrics.ParseAddress(c.Metrics.Listen, c.RunDir); err != nil {
			return err
		}
	}
	return c.checkUsers()
}

// checkBuildProxy refuses proxies that apt does not know, and those that leave
// the looking up of names to this host.
func checkBuildProxy(address string) error {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Port() == "" || !slices.Contains([]string{"socks5h", "http", "https"}, u.Scheme) {
		return errors.New("docker.build_proxy must be like socks5h://127.0.0.1:9050 or http://proxy.example:3128")
	}
	return nil
}

func (c *config) checkUsers() error {
	if len(c.Users) == 0 {
		return errors.New("nobody may use this bot yet; add a [[users]] block with a name, an identity and services (see config.example.toml)")
	}
	names, identities := make(map[string]bool), make(map[conversation.Account]string)
	for i := range c.Users {
		u := &c.Users[i]
		if u.Name == "" || names[u.Name] {
			return fmt.Errorf("user number %d needs a name of its own", i+1)
		}
		names[u.Name] = true
		if u.Name == operatorName {
			return fmt.Errorf("the name %q belongs to whoever runs onionbot ctl; choose another", operatorName)
		}
		if err := u.check(); err != nil {
			return fmt.Errorf("user %q: %w", u.Name, err)
		}
		for _, id := range u.accounts() {
			if other, taken := identities[id]; taken {
				return fmt.Errorf("users %q and %q have the same %s identity", other, u.Name, id.Network)
			}
			identities[id] = u.Name
		}
	}
	return nil
}

func (u *userConfig) check() error {
	if len(u.Services) == 0 {
		return errors.New(`services names what they may start; write services = ["site"]`)
	}
	if u.MaxInstances < 1 {
		return errors.New("max_instances must be 1 or more")
	}
	for i, line := range u.SSHKeys {
		clean, err := sshkey.ParsePublic(line)
		if err != nil {
			return fmt.Errorf("ssh_keys number %d is %w", i+1, err)
		}
		u.SSHKeys[i] = clean
	}
	for _, id := range u.Telegram {
		if id <= 0 {
			return fmt.Errorf("telegram identity %d is not a person's numeric id", id)
		}
	}
	for _, text := range u.Mastodon {
		id, err := mastodon.ParseIdentity(text)
		if err != nil {
			return fmt.Errorf("mastodon identity %q %w", text, err)
		}
		if strings.Contains(id.ID, "@") {
			return fmt.Errorf("mastodon identity %q is an address, which can change hands; \"onionbot mastodon check\" tells you the account id to write instead", text)
		}
	}
	return nil
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
	return &services.User{
		Name: u.Name, Services: u.Services, MaxInstances: u.MaxInstances,
		MaxLife: time.Duration(u.MaxLife), SSHKeys: u.SSHKeys, Operator: u.Operator,
	}
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
