package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"

	"onionbot/bots/mastodon"
)

type mastodonCmd struct {
	Login mastodonLoginCmd `cmd:"" help:"Log the bot in to its account and write the token file."`
	Check mastodonCheckCmd `cmd:"" help:"Check that private mentions from the configured users arrive."`
}

type mastodonLoginCmd struct {
	Server    string `arg:"" help:"The bot's server, as in https://mastodon.example."`
	TokenFile string `default:"mastodon.token" type:"path" help:"Where the token goes, mode 0600."`
	Manage    bool   `help:"Also ask for the rights that check --fix needs."`
	Socks     string `help:"Go through this SOCKS port, as in 127.0.0.1:9050."`
}

// Run registers onionbot with the server and takes the code.
func (c mastodonLoginCmd) Run(ctx context.Context, s *streams) error {
	dial, err := socksDial(c.Socks)
	if err != nil {
		return err
	}
	return mastodon.Login(ctx, mastodon.LoginOptions{
		Server: c.Server, Dial: dial, In: s.in, Out: s.out, TokenFile: c.TokenFile, Manage: c.Manage,
	})
}

type mastodonCheckCmd struct {
	Config string `default:"config.toml" type:"path" help:"The configuration file."`
	Fix    bool   `help:"Offer to follow users or to set the notification policy."`
	Socks  string `help:"Go through this SOCKS port, as in 127.0.0.1:9050."`
}

// Run looks at the account, its notification policy and the users.
func (c mastodonCheckCmd) Run(ctx context.Context, s *streams) error {
	cfg, err := loadConfig(c.Config)
	if err != nil {
		return err
	}
	if cfg.Mastodon.TokenFile == "" {
		return badConfig(filepath.Base(c.Config), 0, "mastodon.token_file is empty; type: onionbot mastodon login https://your.server", nil)
	}
	token, err := readToken(cfg.Mastodon.TokenFile)
	if err != nil {
		return err
	}
	dial, err := socksDial(c.Socks)
	if err != nil {
		return err
	}
	var people []string
	for i := range cfg.Users {
		people = append(people, cfg.Users[i].Mastodon...)
	}
	err = mastodon.Check(ctx, mastodon.CheckOptions{
		Server: cfg.Mastodon.Server, Token: token, Dial: dial, Users: people, Fix: c.Fix, In: s.in, Out: s.out,
	})
	if errors.Is(err, mastodon.ErrProblems) {
		return exitCode(1)
	}
	return err
}

// socksDial makes a dialer through a SOCKS port; nil for a direct one.
func socksDial(addr string) (func(context.Context, string, string) (net.Conn, error), error) {
	if addr == "" {
		return nil, nil
	}
	dialer, err := socksDialer(addr)
	if err != nil {
		return nil, fmt.Errorf("socks: %w", err)
	}
	return dialer.DialContext, nil
}
