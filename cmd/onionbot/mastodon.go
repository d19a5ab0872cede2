package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"onionbot/bots/mastodon"
	"onionbot/services"
	"onionbot/tor"
)

type mastodonCmd struct {
	Login mastodonLoginCmd `cmd:"" help:"Log the bot in to its account and write the token file."`
	Check mastodonCheckCmd `cmd:"" help:"Check that private mentions from the configured users arrive."`
}

// defaultTokenFile is where a token goes when nobody says otherwise.
const defaultTokenFile = "mastodon.token"

type mastodonLoginCmd struct {
	Server    string `arg:"" help:"The bot's server, as in https://mastodon.example."`
	Config    string `default:"${config}" type:"path" help:"The configuration file, if there is one yet: its [tor] section is used."`
	TokenFile string `type:"path" help:"Where the token goes, mode 0600; the configuration's token_file, or mastodon.token."`
	Manage    bool   `help:"Also ask for the rights that check --fix needs."`
	route
}

// Run registers onionbot with the server and takes the code.
func (c mastodonLoginCmd) Run(ctx context.Context, s *streams) error {
	cfg, err := readConfig(c.Config)
	if errors.Is(err, os.ErrNotExist) {
		cfg, err = defaultConfig(), nil
	}
	if err != nil {
		return err
	}
	file := cmp.Or(c.TokenFile, cfg.Mastodon.TokenFile, defaultTokenFile)
	c.Direct = c.Direct || !cfg.Mastodon.ThroughTor
	dial, end, err := c.dialer(ctx, s.out, cfg)
	if err != nil {
		return err
	}
	defer end()
	err = mastodon.Login(ctx, mastodon.LoginOptions{
		Server: c.Server, Dial: dial, In: s.in, Out: s.out, TokenFile: file, Manage: c.Manage,
	})
	if err == nil && (cfg.Mastodon.Server != c.Server || cfg.Mastodon.TokenFile != file) {
		fmt.Fprintf(s.out, "\nThe configuration needs these lines:\n\n[mastodon]\nserver = %q\ntoken_file = %q\n", c.Server, file)
	}
	return err
}

type mastodonCheckCmd struct {
	Config string `default:"${config}" type:"path" help:"The configuration file."`
	Fix    bool   `help:"Offer to follow users or to set the notification policy."`
	route
}

// Run looks at the account, its notification policy and the users.
func (c mastodonCheckCmd) Run(ctx context.Context, s *streams) error {
	cfg, err := readConfig(c.Config) // it may lack the very ids that are found here
	if err != nil {
		return err
	}
	if cfg.Mastodon.TokenFile == "" || cfg.Mastodon.Server == "" {
		return badConfig(filepath.Base(c.Config), 0, "[mastodon] needs server and token_file; type: onionbot mastodon login https://your.server", nil)
	}
	token, err := readToken(cfg.Mastodon.TokenFile)
	if err != nil {
		return err
	}
	c.Direct = c.Direct || !cfg.Mastodon.ThroughTor
	dial, end, err := c.dialer(ctx, s.out, cfg)
	if err != nil {
		return err
	}
	defer end()
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

// route says how a set-up command reaches the server. The default is a tor of
// its own, so that the server does not learn this host's address.
type route struct {
	Socks  string `help:"Go through the SOCKS port of a running tor, as in 127.0.0.1:9050."`
	Direct bool   `help:"Do not go through tor: the server learns this host's address."`
}

type dialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

// dialer returns how to connect, nil for directly, and what ends it.
func (r route) dialer(ctx context.Context, out io.Writer, cfg *config) (dialFunc, func(), error) {
	if r.Direct {
		return nil, func() {}, nil
	}
	if r.Socks != "" {
		socks, err := socksDialer(r.Socks)
		if err != nil {
			return nil, nil, fmt.Errorf("socks: %w", err)
		}
		return socks.DialContext, func() {}, nil
	}
	fmt.Fprintln(out, "Connecting to the Tor network; this can take a minute. (--direct goes without.)")
	pool, end, err := ownTor(ctx, cfg, joinLimit)
	if err != nil {
		return nil, nil, err
	}
	return pool.Dialer("mastodon"), end, nil
}

// ownTor starts a tor that ends with this command, and waits until it can be
// used.
func ownTor(ctx context.Context, cfg *config, patience time.Duration) (*tor.Pool, func(), error) {
	lines, err := includeLines(cfg.Tor.TorrcInclude)
	if err != nil {
		return nil, nil, err
	}
	who, err := tor.FindAccount(cfg.Tor.User)
	if err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp("", "onionbot-")
	if err != nil {
		return nil, nil, services.Wrap(services.CodeReadOnlyState, err)
	}
	end := func() { _ = os.RemoveAll(dir) }
	pool, err := tor.Open(ctx, tor.Options{
		StateDir: dir, TorPath: cfg.Tor.Program, Size: 1, TorrcInclude: lines, Account: who, Tied: true,
	})
	if err != nil {
		end()
		return nil, nil, err
	}
	end = func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = pool.Shutdown(ctx)
		_ = os.RemoveAll(dir)
	}
	if err := joined(ctx, pool, patience); err != nil {
		end()
		return nil, nil, err
	}
	return pool, end, nil
}

// joinLimit is how long a set-up command waits for the Tor network.
const joinLimit = 3 * time.Minute

// joined waits until the tor can be used.
func joined(ctx context.Context, pool *tor.Pool, patience time.Duration) error {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := pool.WaitReady(limited, nil)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return errors.New("interrupted before tor was ready; nothing was sent to the server")
	case limited.Err() != nil:
		percent := 0
		for _, h := range pool.Health(ctx) {
			percent = max(percent, h.Bootstrap)
		}
		return outside(percent, "")
	}
	return err
}

// outside says that a tor did not reach the Tor network, and how far it got.
func outside(percent int, problem string) error {
	if problem != "" {
		problem = ": " + problem
	}
	return fmt.Errorf("tor did not reach the Tor network (%d %%%s); check this machine's network and clock, or name a file with bridges in [tor] torrc_include", percent, problem)
}
