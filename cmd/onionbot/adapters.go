package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"

	"onionbot/bots"
	"onionbot/bots/command"
	"onionbot/bots/mastodon"
	"onionbot/bots/telegram"
	"onionbot/services"
	"onionbot/tor"
)

// dialer is how an adapter reaches its network at an address: through the bot's
// own tor, on circuits of its own, unless the configuration says directly.
func (d *daemon) dialer(throughTor bool, isolation, address string) dialFunc {
	if !throughTor {
		return nil
	}
	dial := d.pool.Dialer(isolation)
	if !nearby(address) {
		return dial
	}
	return dialNearby(dial, new(net.Dialer).DialContext)
}

// dialNearby goes directly where a tor has answered that it does not go: the
// public network's exits connect to no address of a machine's own network.
func dialNearby(throughTor, direct dialFunc) dialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := throughTor(ctx, network, addr)
		var refusal tor.SOCKSError
		if errors.As(err, &refusal) {
			return direct(ctx, network, addr)
		}
		return conn, err
	}
}

// nearby reports whether a server is on this machine or in its network, which
// learns nothing from a connection that it does not know.
func nearby(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && (ip.IsLoopback() || ip.IsPrivate())
}

func (d *daemon) openTelegram() (bots.Adapter, error) {
	if d.cfg.Telegram.TokenFile == "" {
		return nil, nil
	}
	a, err := newTelegram(d.cfg, d.dialer, d.log, d.clock)
	if err != nil {
		return nil, fmt.Errorf("telegram: %w", err)
	}
	return a, nil
}

// dialers make the way to a network's server.
type dialers = func(throughTor bool, isolation, address string) dialFunc

func newTelegram(cfg *config, dialer dialers, log *slog.Logger, clock services.Clock) (*telegram.Adapter, error) {
	t := cfg.Telegram
	token, err := readToken(t.TokenFile)
	if err != nil {
		return nil, err
	}
	return telegram.New(telegram.Options{
		Token: token, ReadToken: rereadToken(t.TokenFile), APIURL: t.APIURL, Commands: menu(), Logger: log, Clock: clock,
		Dial: dialer(t.ThroughTor, "telegram", t.APIURL),
	})
}

// rereadToken reads a token file again: somebody may have put a new one there.
func rereadToken(path string) func() (services.Secret, error) {
	return func() (services.Secret, error) { return readToken(path) }
}

// menu is what Telegram shows beside the text field: what "help" lists for
// somebody who is no operator.
func menu() []telegram.Command {
	var out []telegram.Command
	for _, c := range command.Table(&services.User{}) {
		if c.Listed() {
			out = append(out, telegram.Command{Name: string(c.Name), Description: c.Help})
		}
	}
	return out
}

func (d *daemon) openMastodon() (bots.Adapter, error) {
	if d.cfg.Mastodon.TokenFile == "" {
		return nil, nil
	}
	a, err := newMastodon(d.cfg, d.dialer, d.users.actor, d.log, d.clock)
	if err != nil {
		return nil, fmt.Errorf("mastodon: %w", err)
	}
	return a, nil
}

func newMastodon(cfg *config, dialer dialers, actor func(string) string, log *slog.Logger, clock services.Clock) (*mastodon.Adapter, error) {
	m := cfg.Mastodon
	token, err := readToken(m.TokenFile)
	if err != nil {
		return nil, err
	}
	return mastodon.New(mastodon.Options{
		Server: m.Server, Token: token, ReadToken: rereadToken(m.TokenFile), Dial: dialer(m.ThroughTor, "mastodon", m.Server), Logger: log, Clock: clock,
		PollInterval: m.Poll.Duration, ContentWarning: m.ContentWarning, Language: m.Language, Actor: actor,
	})
}
