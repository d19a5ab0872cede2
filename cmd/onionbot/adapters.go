package main

import (
	"context"
	"fmt"
	"net"
	"time"

	"onionbot/bots"
	"onionbot/bots/command"
	"onionbot/bots/mastodon"
	"onionbot/bots/telegram"
	"onionbot/services"
)

// dialer is how an adapter reaches its network: through the bot's own tor, on
// circuits of its own, unless the configuration says directly.
func (d *daemon) dialer(throughTor bool, isolation string) func(context.Context, string, string) (net.Conn, error) {
	if !throughTor {
		return nil
	}
	return d.pool.Dialer(isolation)
}

func (d *daemon) openTelegram() (bots.Adapter, error) {
	cfg := d.cfg.Telegram
	if cfg.TokenFile == "" {
		return nil, nil
	}
	token, err := readToken(cfg.TokenFile)
	if err != nil {
		return nil, err
	}
	a, err := telegram.New(telegram.Options{
		Token: token, ReadToken: rereadToken(cfg.TokenFile), APIURL: cfg.APIURL, Commands: menu(), Logger: d.log, Clock: d.clock,
		Dial: d.dialer(cfg.ThroughTor, "telegram"),
	})
	if err != nil {
		return nil, fmt.Errorf("telegram: %w", err)
	}
	return a, nil
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
	cfg := d.cfg.Mastodon
	if cfg.TokenFile == "" {
		return nil, nil
	}
	token, err := readToken(cfg.TokenFile)
	if err != nil {
		return nil, err
	}
	a, err := mastodon.New(mastodon.Options{
		Server: cfg.Server, Token: token, ReadToken: rereadToken(cfg.TokenFile), Dial: d.dialer(cfg.ThroughTor, "mastodon"), Logger: d.log, Clock: d.clock,
		PollInterval: time.Duration(cfg.Poll), ContentWarning: cfg.ContentWarning, Language: cfg.Language,
		Actors: d.cfg.actors(),
	})
	if err != nil {
		return nil, fmt.Errorf("mastodon: %w", err)
	}
	return a, nil
}
