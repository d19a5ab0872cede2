package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"onionbot/db"
	"onionbot/services"
)

type downCmd struct {
	target
	Limit time.Duration `default:"90s" help:"How long it may take."`
}

// Run takes everything down: it ends a running bot, then every service, and
// the tor processes last.
func (c downCmd) Run(ctx context.Context, s *streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.Limit)
	defer cancel()
	if err := endRunning(ctx, cfg.StateDir); err != nil {
		return err
	}
	d, err := openDaemon(ctx, cfg, newLog(cfg, s), daemonOptions{})
	if err != nil {
		return err
	}
	defer d.close()
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.reconciler.Run(run)
	}()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		_ = d.outbox.Run(run)
	}()
	err = d.takeDown(ctx)
	d.lastWords(ctx)
	stop()
	<-ended
	<-sent
	err = errors.Join(err, d.pool.Shutdown(ctx), d.store.Scrub(ctx))
	if err == nil {
		err = os.Remove(filepath.Join(cfg.RunDir, installationFile)) // nothing runs that it could tell of
	}
	if err == nil {
		fmt.Fprintln(s.out, "Everything is down: services, keys, tor processes.")
	}
	return err
}

// lastWords gives the outbox a moment to tell the owners.
func (d *daemon) lastWords(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		var due []*services.Notice
		err := d.store.View(ctx, func(tx services.Tx) error {
			var err error
			due, err = tx.DueNotices(d.clock.Now(), 1)
			return err
		})
		if err != nil || len(due) == 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// endRunning ends the bot that holds the state directory and waits until it
// is gone. The holder of the lock is the bot: nobody else can have it.
func endRunning(ctx context.Context, stateDir string) error {
	asked := false
	for {
		release, err := db.Lock(stateDir)
		if err == nil {
			release()
			return nil
		}
		var locked *services.Error
		if !errors.As(err, &locked) || locked.Code != services.CodeLocked {
			return err
		}
		pid, bad := strconv.Atoi(locked.Args["pid"])
		if bad == nil && pid > 1 && !asked {
			if err := syscall.Kill(pid, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("end the running bot: %w", err)
			}
			asked = true
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}
}
