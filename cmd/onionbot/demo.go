package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"onionbot/bots/console"
	"onionbot/services"
	"onionbot/services/sshkey"
	"onionbot/tor"
	"onionbot/tor/privnet"
)

type demoCmd struct {
	Relays  int  `default:"4" help:"Relays of the private network, besides three authorities."`
	Verbose bool `short:"v" help:"Show the log."`
	Tour    bool `help:"Play the tour even at a terminal."`
}

// demo is a private Tor network, a visitor's tor and a bot, all in one
// directory that goes with them.
type demo struct {
	dir     string
	network *privnet.Network
	visitor *privnet.Client
	daemon  *daemon
	stopped chan error
	cancel  context.CancelFunc
	out     io.Writer
	began   time.Time
}

// Run boots the network and the bot, then offers a prompt, or plays the tour
// where there is no terminal.
func (c demoCmd) Run(ctx context.Context, s *streams) error {
	tour := c.Tour || !isTerminal(s.in)
	d := &demo{out: s.out, began: time.Now()}
	defer d.close()
	if err := d.boot(ctx, c, s, tour); err != nil {
		if ctx.Err() != nil {
			return exitCode(130)
		}
		return err
	}
	if tour {
		return d.tour(ctx)
	}
	fmt.Fprintln(s.out, "\nType \"start site\", or \"help\". Ctrl-D ends the demo and takes everything down.")
	if code := console.Chat(ctx, d.daemon.socket(), s.in, s.out); code != 0 && ctx.Err() == nil {
		return exitCode(code)
	}
	return nil
}

func (d *demo) boot(ctx context.Context, c demoCmd, s *streams, tour bool) (err error) {
	if d.dir, err = os.MkdirTemp("", "onionbot-demo-"); err != nil {
		return services.Wrap(services.CodeReadOnlyState, err)
	}
	who, err := tor.FindAccount("")
	if err != nil {
		return err
	}
	if err := who.Admit(d.dir); err != nil {
		return services.Wrap(services.CodeReadOnlyState, err)
	}
	log := slog.New(slog.DiscardHandler)
	if c.Verbose {
		log = slog.New(slog.NewTextHandler(s.err, nil))
	}
	bar := newProgress(s.out, !tour)
	d.network, err = privnet.Start(ctx, privnet.Options{
		Dir: filepath.Join(d.dir, "n"), Relays: c.Relays, Exits: true, Logger: log, Progress: bar.set,
	})
	bar.end()
	if err != nil {
		return err
	}
	d.step("private Tor network: 3 authorities and %d relays on 127.0.0.1", c.Relays)
	visitor := make(chan error, 1)
	go func() {
		var err error
		d.visitor, err = d.network.StartClient(ctx, "visitor")
		visitor <- err
	}()
	err = d.startBot(ctx, log)
	if e := <-visitor; err == nil {
		err = e
	}
	if err == nil {
		d.step("bot ready; a visitor's tor has its SOCKS port at %s", d.visitor.SOCKSAddr())
	}
	return err
}

// startBot runs a daemon on a fresh state directory, with the console as its
// only adapter.
func (d *demo) startBot(ctx context.Context, log *slog.Logger) error {
	cfg := defaultConfig()
	cfg.StateDir, cfg.RunDir = filepath.Join(d.dir, "s"), filepath.Join(d.dir, "r")
	cfg.Users = []userConfig{{Name: "demo", Operator: true, SSHKeys: ownKeys()}}
	bot, err := openDaemon(ctx, cfg, log, daemonOptions{
		machineOptions: machineOptions{tied: true, torrc: d.network.TorrcLines()},
		hint:           d.hint,
	})
	if err != nil {
		return err
	}
	d.daemon, d.stopped = bot, make(chan error, 1)
	// The bot outlives Ctrl-C long enough to take everything down.
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	d.cancel = cancel
	go func() { d.stopped <- bot.run(run) }()
	bot.prepareImages(ctx)
	return bot.pool.WaitReady(ctx, nil)
}

// hint says how a person at this machine opens an address of the demo.
func (d *demo) hint(def *services.Definition, i *services.Instance) string {
	if d.visitor == nil {
		return ""
	}
	socks := d.visitor.SOCKSAddr()
	if def.Probe != services.ProbeHTTP {
		line := def.Fill(def.Open, i.Onion.Address, i.Secrets)
		return "Open it here:  torsocks -P " + port(socks) + " " + strings.TrimPrefix(line, "torsocks ")
	}
	return fmt.Sprintf("Open it here:  curl --socks5-hostname %s http://%s/\n          or:  torsocks -P %s curl http://%s/",
		socks, i.Onion.Address, port(socks), i.Onion.Address)
}

// step prints one line of the tour with the time since the start.
func (d *demo) step(format string, args ...any) {
	fmt.Fprintf(d.out, "%6.1fs  %s\n", time.Since(d.began).Seconds(), fmt.Sprintf(format, args...))
}

// close takes everything down: services, bot, tors, network, directory.
func (d *demo) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	if d.daemon != nil {
		if err := d.daemon.takeDown(ctx); err != nil {
			fmt.Fprintln(d.out, "onionbot:", sentence(err))
		}
		d.cancel()
		if err := <-d.stopped; err != nil {
			fmt.Fprintln(d.out, "onionbot:", sentence(err))
		}
		_ = d.daemon.pool.Shutdown(ctx)
		d.daemon.close()
	}
	if d.network != nil {
		_ = d.network.Close()
	}
	if d.dir != "" {
		_ = os.RemoveAll(d.dir)
	}
}

// ownKeys are the public ssh keys of whoever runs the demo, so that
// "start ssh" works without a configuration.
func ownKeys() []string {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil
	}
	files, _ := filepath.Glob(filepath.Join(home, ".ssh", "id_*.pub"))
	var keys []string
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if key, err := sshkey.ParsePublic(string(data)); err == nil {
			keys = append(keys, key)
		}
	}
	return keys
}
