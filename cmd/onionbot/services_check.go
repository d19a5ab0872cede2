package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"onionbot/services"
	"onionbot/services/catalog"
	"onionbot/services/docker"
	"onionbot/services/sshkey"
)

type servicesCheckCmd struct {
	Service  string        `arg:"" help:"The folder of a service, or the name of one that \"services list\" shows."`
	Patience time.Duration `default:"60s" help:"How long the app may take until it accepts connections."`
	configFlag
}

// checkName marks what a check makes on the engine: it keeps the image of the
// last check of each service, from which the bot goes on.
const checkName = "check"

// trial is one service being tried.
type trial struct {
	out     io.Writer
	runtime *docker.Runtime
	spec    services.ContainerSpec
	began   time.Time
	failed  bool
}

// Run tries the service, says what it finds line by line, and leaves nothing
// running. The exit code is 1 if something has to be changed.
func (c servicesCheckCmd) Run(ctx context.Context, s *streams) error {
	cfg, err := c.loadAny()
	if err != nil {
		return err
	}
	def, err := c.find(cfg)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "ob-")
	if err != nil {
		return services.Wrap(services.CodeReadOnlyState, err)
	}
	defer os.RemoveAll(dir)
	t := &trial{out: s.out}
	if t.runtime, err = checkRuntime(cfg, dir); err != nil {
		return err
	}
	defer t.end(context.WithoutCancel(ctx))
	if err := t.runtime.Ping(ctx); err != nil {
		return err
	}
	if err := t.prepare(def, c.Patience); err != nil {
		return err
	}
	if t.build(ctx) && t.start(ctx) && t.await(ctx, c.Patience) {
		t.look(ctx)
	}
	if ctx.Err() != nil {
		return exitCode(130)
	}
	if t.failed {
		return exitCode(1)
	}
	fmt.Fprintf(s.out, "\n%s can be started.\n", def.Name)
	return nil
}

// find loads a folder, or looks a name up.
func (c servicesCheckCmd) find(cfg *config) (*services.Definition, error) {
	if info, err := os.Stat(c.Service); err == nil && info.IsDir() {
		return catalog.Folder(c.Service)
	}
	defs, err := catalog.Load(cfg.ServicesDir, cfg.Services...)
	if err != nil {
		return nil, err
	}
	if d, ok := services.NewCatalog(defs).Find(c.Service); ok {
		return d, nil
	}
	return nil, badConfig(c.Service, 0, "there is neither a folder nor a service of that name; see onionbot services list", nil)
}

func checkRuntime(cfg *config, dir string) (*docker.Runtime, error) {
	shim, err := containerProgram(dir, shimPrefix, shimProgram)
	if err != nil {
		return nil, err
	}
	app, err := containerProgram(dir, appPrefix, appProgram)
	if err != nil {
		return nil, err
	}
	return docker.New(docker.Options{
		RunDir: filepath.Join(dir, "i"), ShimPath: shim, AppPath: app, Installation: checkName,
		Host: cfg.Docker.Host, BuildProxy: cfg.Docker.BuildProxy, Logger: slog.New(slog.DiscardHandler),
	})
}

// prepare makes up an instance: an address that is nobody's, fresh secrets.
func (t *trial) prepare(def *services.Definition, patience time.Duration) error {
	t.spec = services.ContainerSpec{
		ID: services.NewID(), Definition: def, Deadline: time.Now().Add(patience + time.Hour),
		Address: strings.Repeat("check", 11) + "c.onion",
	}
	t.spec.Secrets, _ = def.CompleteSecrets(nil)
	if !def.HostKey {
		return nil
	}
	key, err := sshkey.NewHost()
	t.spec.HostKey = key.PrivatePEM
	return err
}

// end removes what was started.
func (t *trial) end(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	if t.spec.ID != "" {
		if err := t.runtime.Remove(ctx, t.spec.ID); err != nil {
			t.fail("removed", "it could not be removed (%v); type: docker rm -f onionbot-%s", err, t.spec.ID)
		}
	}
	_ = t.runtime.Close()
}

func (t *trial) say(mark, what, format string, args ...any) {
	fmt.Fprintf(t.out, "%-4s  %-10s %s\n", mark, what, fmt.Sprintf(format, args...))
}

func (t *trial) well(what, format string, args ...any) { t.say("ok", what, format, args...) }
func (t *trial) note(what, format string, args ...any) { t.say("note", what, format, args...) }
func (t *trial) fail(what, format string, args ...any) {
	t.failed = true
	t.say("FAIL", what, format, args...)
}

// build has the image made or fetched, and asks it what the manifest leaves out.
func (t *trial) build(ctx context.Context) bool {
	began := time.Now()
	err := t.runtime.EnsureImage(ctx, t.spec.Definition, func(step string) { t.say("", "", "%s", step) })
	if err != nil {
		t.fail("image", "%s", causeOf(err))
		return false
	}
	full, err := t.runtime.Complete(ctx, t.spec.Definition)
	if err != nil {
		t.fail("image", "%s", sentence(err))
		return false
	}
	t.well("image", "%s, in %s", full.Ref(), seconds(time.Since(began)))
	left := t.spec.Definition
	t.spec.Definition = full
	if left.App == "" {
		t.well("runs", "%s, in %s, as %s", strings.Join(full.Command, " "), full.WorkDir, userOf(full))
	}
	for _, p := range full.Ports {
		t.well("port", "%d of the address is %d of the app", p.Onion, p.App)
	}
	return true
}

func userOf(d *services.Definition) string {
	if d.User == services.OwnUser {
		return "a user of its own"
	}
	return "user " + d.User
}

// causeOf is what is behind an error, for somebody who can mend it.
func causeOf(err error) string {
	var e *services.Error
	if errors.As(err, &e) && e.Cause != nil && e.Args["what"] == "image" {
		return e.Cause.Error()
	}
	return sentence(err)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
