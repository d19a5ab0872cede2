package main

import (
	"context"
	"os"
	"path/filepath"

	"onionbot/bots/console"
)

// target says which running bot is meant.
type target struct {
	Config string `type:"path" help:"The bot's configuration file (default: config.toml, then /etc/onionbot/config.toml)."`
	Socket string `type:"path" help:"The bot's control socket, instead of --config."`
}

// socketName is the control socket in the run directory.
const socketName = "ctl.sock"

// path finds the control socket.
func (t target) path() (string, error) {
	if t.Socket != "" {
		return t.Socket, nil
	}
	cfg, err := t.load()
	if err != nil {
		return "", err
	}
	return filepath.Join(cfg.RunDir, socketName), nil
}

// load reads the configuration that is meant.
func (t target) load() (*config, error) {
	path := t.Config
	if path == "" {
		path = "config.toml"
		if _, err := os.Stat(path); err != nil {
			path = "/etc/onionbot/config.toml"
		}
	}
	return loadConfig(path)
}

type ctlCmd struct {
	target
	File  string   `type:"path" help:"A page, picture or zip to send along."`
	Words []string `arg:"" passthrough:"" help:"What you would write to the bot."`
}

// Run gives the running bot one command and prints its answer.
func (c ctlCmd) Run(ctx context.Context, s *streams) error {
	socket, err := c.path()
	if err != nil {
		return err
	}
	code := console.Ctl(ctx, socket, c.Words, s.in, s.out, console.CtlOptions{File: c.File})
	if code != 0 {
		return exitCode(code)
	}
	return nil
}

type chatCmd struct{ target }

// Run is a prompt to the running bot.
func (c chatCmd) Run(ctx context.Context, s *streams) error {
	socket, err := c.path()
	if err != nil {
		return err
	}
	if code := console.Chat(ctx, socket, s.in, s.out); code != 0 {
		return exitCode(code)
	}
	return nil
}
