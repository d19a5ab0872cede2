package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

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

// usualConfig is the configuration that is meant when none is named: the one
// in this directory, else the one that a package has installed.
func usualConfig() string {
	const here, installed = "config.toml", "/etc/onionbot/config.toml"
	if _, err := os.Stat(here); err == nil {
		return here
	}
	if _, err := os.Stat(installed); err == nil {
		return installed
	}
	return here
}

// load reads the configuration that is meant.
func (t target) load() (*config, error) {
	path := t.Config
	if path == "" {
		path = usualConfig()
	}
	return loadConfig(path)
}

type ctlCmd struct {
	target
	File  string   `type:"path" short:"f" help:"A page, picture or zip to send along; - reads it from the input."`
	Words []string `arg:"" optional:"" help:"What you would write to the bot; without any, the input is the command and its page."`
}

// flagsFirst puts the flags of "ctl" and "invite" before the words of the command: the
// parser takes no flag between two words.
func flagsFirst(args []string) []string {
	if len(args) == 0 || args[0] != "ctl" && args[0] != "invite" {
		return args
	}
	flags, words := args[:1:1], []string(nil)
	for rest := args[1:]; len(rest) > 0; rest = rest[1:] {
		arg := rest[0]
		name, _, joined := strings.Cut(arg, "=")
		switch {
		case arg == "--":
			return append(append(append(flags, arg), words...), rest[1:]...)
		case !strings.HasPrefix(arg, "-") || arg == "-":
			words = append(words, arg)
		case !joined && len(rest) > 1 && slices.Contains([]string{"--config", "--socket", "--file", "-f"}, name):
			flags = append(flags, arg, rest[1])
			rest = rest[1:]
		default:
			flags = append(flags, arg)
		}
	}
	return append(flags, words...)
}

// Run gives the running bot one command and prints its answer.
func (c ctlCmd) Run(ctx context.Context, s *streams) error {
	socket, err := c.path()
	if err != nil {
		return err
	}
	if len(c.Words) == 0 && isTerminal(s.in) {
		return errors.New("type the command behind ctl, as in: onionbot ctl list")
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
