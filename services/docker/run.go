package docker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"

	"onionbot/services"
	"onionbot/services/shim"
)

const (
	bindPoll     = 2 * time.Millisecond // how often the shim's sockets are looked for
	bindPatience = 20 * time.Second     // on a crowded machine
	exitPoll     = 200 * time.Millisecond
	shimCall     = 5 * time.Second
	goCall       = 20 * time.Second // with the self-test, on a crowded machine
)

// Run implements [services.Runtime].
func (r *Runtime) Run(ctx context.Context, spec services.ContainerSpec) error {
	if err := checkSpec(spec); err != nil {
		return err
	}
	release, err := r.lock(ctx, spec.ID)
	if err != nil {
		return err
	}
	defer release()
	l := r.layout(spec.ID)
	if s, err := askShim(ctx, l, shim.Request{Op: shim.OpStatus}); err == nil && s.Going {
		return r.writeDeadline(l, spec.Deadline)
	}
	if spec.Definition, err = r.Complete(ctx, spec.Definition); err != nil {
		return err
	}
	running, err := r.clearWay(ctx, spec)
	if err != nil {
		return err
	}
	if running {
		if err := r.resume(ctx, l, spec); err == nil || ctx.Err() != nil || services.IsCode(err, services.CodeUnsafe) {
			return err
		}
		r.log.Warn("container that does not take part is replaced", "instance", spec.ID, "error", err)
		if err := r.removeContainer(ctx, spec.ID); err != nil {
			return err
		}
	}
	return r.start(ctx, l, spec)
}

// start runs a new container.
func (r *Runtime) start(ctx context.Context, l layout, spec services.ContainerSpec) error {
	if err := l.make(r.opts.Group); err != nil {
		return services.Wrap(services.CodeReadOnlyState, err)
	}
	who, err := r.identify(ctx, spec.ID, spec.Definition)
	if err != nil {
		return err
	}
	if spec, err = r.bound(ctx, l, spec); err != nil {
		return err
	}
	if err := r.launch(ctx, l, spec, who); err != nil {
		return err
	}
	return r.handshake(ctx, l, spec, who)
}

// resume goes on with a container that a crash left before its app was started.
func (r *Runtime) resume(ctx context.Context, l layout, spec services.ContainerSpec) error {
	if err := r.writeDeadline(l, spec.Deadline); err != nil {
		return err
	}
	who, err := r.identify(ctx, spec.ID, spec.Definition)
	if err != nil {
		return err
	}
	return r.handshake(ctx, l, spec, who)
}

func checkSpec(spec services.ContainerSpec) error {
	switch {
	case !validID.MatchString(spec.ID):
		return fmt.Errorf("docker: %q cannot be the name of a container", spec.ID)
	case spec.Definition == nil:
		return errors.New("docker: nothing to run")
	case spec.Deadline.IsZero():
		return errors.New("docker: no container without a deadline")
	}
	return checkKeys(spec.SSHKeys)
}

// clearWay reports whether the instance's container runs; one that was only
// made or has ended is removed. An instance without a control directory never
// had one, and the engine is not asked.
func (r *Runtime) clearWay(ctx context.Context, spec services.ContainerSpec) (running bool, err error) {
	id := spec.ID
	if _, err := os.Lstat(r.layout(id).control()); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	c, err := r.inspect(ctx, id)
	if err != nil || c == nil {
		return false, err
	}
	if c.State.Running && !c.State.Paused {
		return true, nil
	}
	if last := r.layout(id).recall(); last.Ended {
		r.log.Debug("the app ended by itself", "instance", id, "code", last.Code, "said", last.Said)
		r.advise(spec, services.Container{Said: last.Said, NoMemory: c.State.OOMKilled})
	}
	return false, r.removeContainer(ctx, id)
}

// launch writes the instance's files, creates the container and starts it.
func (r *Runtime) launch(ctx context.Context, l layout, spec services.ContainerSpec, who identity) error {
	if err := r.writeInstance(l, spec, who); err != nil {
		return services.Wrap(services.CodeReadOnlyState, err)
	}
	err := r.create(ctx, spec, who)
	switch {
	case isConflict(err):
		// A container of ours whose directory was lost; there is no talking to it.
		if err = r.removeContainer(ctx, spec.ID); err == nil {
			err = r.create(ctx, spec, who)
		}
	case isNotFound(err):
		r.forgetImage(spec.Definition.Ref())
		return services.Wrap(services.CodeNotFound, err, "what", "image")
	}
	if err != nil {
		return fmt.Errorf("create container: %w", err)
	}
	err = call(ctx, slowCall, func(ctx context.Context) error {
		return r.cli.ContainerStart(ctx, containerName(spec.ID), container.StartOptions{})
	})
	if err != nil {
		return fmt.Errorf("start container: %w", err)
	}
	return nil
}

func (r *Runtime) writeInstance(l layout, spec services.ContainerSpec, who identity) error {
	earlier := l.recall()
	if err := l.reset(r.opts.Group); err != nil {
		return err
	}
	earlier.Visits, earlier.Ended, earlier.Code, earlier.Said = max(earlier.Visits, spec.Visits), false, 0, ""
	earlier.Events, earlier.ByEvents = spec.Definition.Events(), spec.Definition.ByEvents()
	if err := l.placeReport(earlier); err != nil {
		return err
	}
	if spec.Definition.Account.Name != "" {
		if err := l.writeAccounts(spec.Definition.Account, who); err != nil {
			return err
		}
	}
	if err := l.writeDeadline(spec.Deadline); err != nil {
		return err
	}
	if len(spec.SSHKeys) == 0 {
		return nil
	}
	return l.writeKeys(spec.SSHKeys)
}

// create makes the container, keeping no log; an engine without that driver
// keeps a very small one.
func (r *Runtime) create(ctx context.Context, spec services.ContainerSpec, who identity) error {
	try := func(driver string) error {
		return call(ctx, slowCall, func(ctx context.Context) error {
			made, err := r.cli.ContainerCreate(ctx, r.containerConfig(spec, who), r.hostConfig(spec, who, driver), nil, nil, containerName(spec.ID))
			r.sayOnce(made.Warnings)
			return err
		})
	}
	err := try(logNone)
	if err != nil && !isConflict(err) && !isNotFound(err) && strings.Contains(err.Error(), "log") && strings.Contains(err.Error(), "driver") {
		return try(logSmall)
	}
	return err
}

// handshake waits for the shim's sockets, takes them out of the container's
// reach and says go.
func (r *Runtime) handshake(ctx context.Context, l layout, spec services.ContainerSpec, who identity) error {
	if err := r.awaitSockets(ctx, l, spec.ID); err != nil {
		return err
	}
	if err := l.seal(spec.Definition, r.opts.Group); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	r.reports.watch(l, spec.ID)
	req := goRequest(spec, who, l.recall())
	host, done := r.surroundings(spec, who)
	defer done()
	req.Go.Host = host
	status, err := askShim(ctx, l, req)
	var unsafe *shim.ReachedError
	if errors.As(err, &unsafe) {
		return r.undo(ctx, spec.ID, unsafe)
	}
	r.log.Debug("self-test", "instance", spec.ID, "took", status.Tested)
	return err
}

// undo removes a container whose app would not have been shut in.
func (r *Runtime) undo(ctx context.Context, id string, unsafe *shim.ReachedError) error {
	if err := r.removeContainer(context.WithoutCancel(ctx), id); err != nil {
		r.log.Error("remove a container that is not safe", "instance", id, "error", err)
	}
	return services.Wrap(services.CodeUnsafe, unsafe, "reached", strings.Join(unsafe.Reached, "; "))
}

// awaitSockets returns when the shim's control socket is there, which appears
// after all others.
func (r *Runtime) awaitSockets(ctx context.Context, l layout, id string) error {
	ctx, cancel := context.WithTimeout(ctx, bindPatience)
	defer cancel()
	poll := time.NewTicker(bindPoll)
	defer poll.Stop()
	look := time.NewTicker(exitPoll)
	defer look.Stop()
	for {
		for _, dir := range []string{l.open(), l.dir} {
			if _, err := os.Lstat(filepath.Join(dir, shim.ControlSocket)); err == nil {
				return nil
			}
		}
		select {
		case <-poll.C:
		case <-look.C:
			if err := r.checkAlive(ctx, id); err != nil {
				return err
			}
		case <-ctx.Done():
			return fmt.Errorf("the shim made no sockets: %w", ctx.Err())
		}
	}
}

func (r *Runtime) checkAlive(ctx context.Context, id string) error {
	c, err := r.inspect(ctx, id)
	if err != nil {
		return err
	}
	if c == nil {
		return errors.New("the container is gone before it began")
	}
	if !c.State.Running {
		return fmt.Errorf("the container ended before it began, exit code %d", c.State.ExitCode)
	}
	return nil
}

// askShim sends the shim one request.
func askShim(ctx context.Context, l layout, req shim.Request) (shim.Status, error) {
	limit := shimCall
	if req.Op == shim.OpGo {
		limit = goCall
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return shim.Call(ctx, l.shim(), req)
}

func (r *Runtime) writeDeadline(l layout, at time.Time) error {
	if err := l.writeDeadline(at); err != nil {
		return services.Wrap(services.CodeReadOnlyState, err)
	}
	return nil
}
