package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"reflect"
	"strings"
	"sync"
	"syscall"

	"onionbot/bots/command"
	"onionbot/bots/console"
	"onionbot/services"
)

// reloader reads the configuration again while the bot runs: its users, wholly
// or not at all. All other settings are for the next start.
type reloader struct {
	path  string // "" if there is no file
	users *users
	wake  func() // what runs may have to know: a key may have changed

	mu  sync.Mutex
	cfg *config // as it counts now
}

// reload returns how many users the configuration has now. Refusals are
// [services.CodeNotReloaded], and nothing was changed then.
func (r *reloader) reload() (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	refuse := func(problem string) (int, error) {
		return 0, services.E(services.CodeNotReloaded, "problem", problem)
	}
	if r.path == "" {
		return refuse("this bot was started without a configuration file")
	}
	fresh, err := loadConfig(r.path)
	if err != nil {
		return refuse(strings.ReplaceAll(sentence(err), "\n", " "))
	}
	if others := changed(r.cfg, fresh); len(others) > 0 {
		return refuse(fmt.Sprintf("%s changed, too, which needs a restart of onionbot", strings.Join(others, ", ")))
	}
	people, err := newUsers(fresh)
	if err == nil {
		err = r.users.replace(people)
	}
	if err != nil {
		return refuse(strings.ReplaceAll(sentence(err), "\n", " "))
	}
	r.cfg = fresh
	r.wake()
	return len(fresh.Users), nil
}

// changed names the settings beside the users that differ.
func changed(before, after *config) (names []string) {
	a, b := reflect.ValueOf(*before), reflect.ValueOf(*after)
	for i := range a.NumField() {
		name := a.Type().Field(i).Tag.Get("toml")
		if name != "users" && !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			names = append(names, name)
		}
	}
	return names
}

// onSignal reloads at every SIGHUP until ctx ends.
func (d *daemon) onSignal(ctx context.Context, process *daemonProcess) {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
		}
		process.reload(d.reloadAndLog)
	}
}

func (d *daemon) reloadAndLog() {
	n, err := d.reloader.reload()
	var refusal *services.Error
	switch {
	case errors.As(err, &refusal):
		d.log.Error("the configuration was not read again; nothing was changed", "problem", refusal.Args["problem"])
	case err == nil:
		d.log.Info("the configuration was read again", "users", n)
	}
}

type reloadCmd struct{ target }

// Run has the running bot read its configuration again.
func (c reloadCmd) Run(ctx context.Context, s *streams) error {
	socket, err := c.path()
	if err != nil {
		return err
	}
	if code := console.Ctl(ctx, socket, []string{string(command.VerbReload)}, nil, s.out, console.CtlOptions{}); code != 0 {
		return exitCode(code)
	}
	return nil
}
