package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	systemd "github.com/coreos/go-systemd/v22/daemon"
)

// supervise tells systemd that the bot is ready and, as often as it wants to
// hear it, that the bot lives. Without systemd it does nothing. The function
// that it returns says that the bot is ending.
func (d *daemonProcess) supervise(ctx context.Context) (ending func()) {
	d.say(systemd.SdNotifyReady)
	if interval, err := systemd.SdWatchdogEnabled(false); err == nil && interval > 0 {
		go d.watchdog(ctx, interval/3)
	}
	return func() { d.say(systemd.SdNotifyStopping) }
}

// daemonProcess is the bot as systemd sees it.
type daemonProcess struct {
	alive func(ctx context.Context) error // fails, or never returns, when the bot is of no use any more
	log   *slog.Logger
}

// reload does what SIGHUP asks for between the two words that systemd waits for
// of a unit of type notify-reload.
func (d *daemonProcess) reload(do func()) {
	d.say(systemd.SdNotifyReloading + "\n" + systemd.SdNotifyMonotonicUsec())
	do()
	d.say(systemd.SdNotifyReady)
}

// watchdog tells systemd that the bot lives as long as it does: a bot whose
// database does not answer or whose loop is stuck is killed and started again,
// which costs no visitor anything.
func (d *daemonProcess) watchdog(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := d.tryAlive(ctx, every); err == nil {
			d.say(systemd.SdNotifyWatchdog)
		} else if ctx.Err() == nil {
			d.log.Error("the bot does not answer its own watchdog", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (d *daemonProcess) tryAlive(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- d.alive(ctx) }()
	select {
	case err := <-done:
		return errors.Join(err, ctx.Err()) // an answer that comes too late is none
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (d *daemonProcess) say(state string) {
	if _, err := systemd.SdNotify(false, state); err != nil {
		d.log.Warn("systemd could not be told", "state", state, "err", err)
	}
}

// credential returns the file that systemd has put in the place of a token's,
// or the file itself. With LoadCredential=token:DIRECTORY the token
// DIRECTORY/telegram is the credential token_telegram: root owns the file, and
// only this process may read the copy. See systemd.exec(5).
func credential(path string) (file string, fromSystemd bool) {
	dir := os.Getenv("CREDENTIALS_DIRECTORY")
	if dir == "" {
		return path, false
	}
	file = filepath.Join(dir, "token_"+filepath.Base(path))
	if _, err := os.Stat(file); err != nil { //nolint:gosec // both are the operator's own words
		return path, false
	}
	return file, true
}
