package docker

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"

	"onionbot/services"
	"onionbot/services/shim"
)

// observers is how many containers List looks at side by side.
const observers = 16

// Inspect implements [services.Runtime]. An instance whose shim answers costs
// the engine nothing: only PID 1 of its container can have that socket.
func (r *Runtime) Inspect(ctx context.Context, id string) (services.Container, error) {
	out := r.begin(id)
	s, err := r.look(ctx, id)
	if err == nil && s.Going {
		fill(&out, s)
		return out, nil
	}
	c, engineErr := r.inspect(ctx, id)
	switch {
	case engineErr != nil && r.Ping(ctx) == nil:
		r.log.Warn("the engine cannot describe a container", "instance", id, "error", engineErr)
		out.State = services.ContainerUnknown
	case engineErr != nil:
		return out, engineErr
	case c == nil:
		r.forget(id)
	case c.State.Paused:
		out.State = services.ContainerPaused
	case c.State.Running:
		r.judge(&out, s, err)
	default:
		r.forget(id)
		describe(&out, c.State)
		r.layout(id).tellEnd(&out)
	}
	return out, nil
}

// begin is what the host's files say of an instance.
func (r *Runtime) begin(id string) services.Container {
	l := r.layout(id)
	_, missing := os.Lstat(l.dir)
	out := services.Container{ID: id, Files: missing == nil}
	if at, err := shim.ReadDeadline(l.deadline()); err == nil {
		out.Deadline = at
	}
	l.tell(&out)
	return out
}

// List implements [services.Runtime]: one question to the engine, and one to
// each shim. Only containers that have ended are described one by one.
func (r *Runtime) List(ctx context.Context) ([]services.Container, error) {
	found, err := r.listContainers(ctx)
	if err != nil {
		return nil, err
	}
	dirs, err := r.listDirs()
	if err != nil {
		return nil, err
	}
	all := r.observeAll(ctx, found)
	for _, id := range dirs {
		if _, has := found[id]; !has {
			all = append(all, services.Container{ID: id, Files: true})
			r.forget(id)
		}
	}
	return all, ctx.Err()
}

// observeAll looks at every container side by side.
func (r *Runtime) observeAll(ctx context.Context, found map[string]container.Summary) []services.Container {
	var (
		wait  sync.WaitGroup
		slots = make(chan struct{}, observers)
		all   = make([]services.Container, len(found))
	)
	for i, id := range slices.Sorted(maps.Keys(found)) {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			all[i] = r.observe(ctx, id, found[id].State)
		})
	}
	wait.Wait()
	return all
}

// observe looks at one container that the engine has listed.
func (r *Runtime) observe(ctx context.Context, id string, state container.ContainerState) services.Container {
	out := r.begin(id)
	switch state {
	case container.StateRunning:
		s, err := r.look(ctx, id)
		r.judge(&out, s, err)
	case container.StatePaused:
		out.State = services.ContainerPaused
	case container.StateCreated:
		out.State = services.ContainerCreated
	default:
		r.forget(id)
		c, err := r.inspect(ctx, id)
		switch {
		case err != nil:
			r.log.Warn("the engine cannot describe a container", "instance", id, "error", err)
			out.State = services.ContainerUnknown
		case c != nil:
			describe(&out, c.State)
			r.layout(id).tellEnd(&out)
		}
	}
	return out
}

// inspect asks the engine for one container; nil means that there is none of
// ours.
func (r *Runtime) inspect(ctx context.Context, id string) (*container.InspectResponse, error) {
	var found *container.InspectResponse
	err := call(ctx, quickCall, func(ctx context.Context) error {
		c, err := r.cli.ContainerInspect(ctx, containerName(id))
		if err == nil {
			found = &c
		}
		return err
	})
	switch {
	case isNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("inspect container: %w", err)
	case found.State == nil || found.Config == nil || found.Config.Labels[labelInstallation] != r.opts.Installation:
		return nil, nil
	}
	return found, nil
}

// describe tells of a container that does not run what the engine says of it.
func describe(out *services.Container, s *container.State) {
	if s.Status == container.StateCreated {
		out.State = services.ContainerCreated
		return
	}
	out.State, out.Exit, out.NoMemory = services.ContainerExited, ExitOf(s.ExitCode), s.OOMKilled
	if out.Exit == services.ExitApp {
		out.ExitCode = -1
	}
	if at, err := time.Parse(time.RFC3339Nano, s.StartedAt); err == nil {
		out.StartedAt = at
	}
}

// fill tells what a shim says.
func fill(out *services.Container, s shim.Status) {
	out.State = services.ContainerCreated
	if s.Going {
		out.State = services.ContainerRunning
	}
	out.Ready, out.Armed = s.Ready, s.Armed
	out.Visits, out.Active, out.News = s.Visits, s.Active, s.News
	out.LastVisit, out.StartedAt = moment(s.LastVisit), moment(s.Started)
	if s.Deadline > 0 {
		out.Deadline = moment(s.Deadline)
	}
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

// ExitOf says what an exit code of a container means.
func ExitOf(code int) services.Exit {
	switch code {
	case shim.ExitDeadline:
		return services.ExitDeadline
	case shim.ExitIdle:
		return services.ExitIdle
	case shim.ExitVisits:
		return services.ExitVisits
	}
	return services.ExitApp
}

// listContainers returns the containers of ours by instance.
func (r *Runtime) listContainers(ctx context.Context) (map[string]container.Summary, error) {
	var list []container.Summary
	err := call(ctx, quickCall, func(ctx context.Context) (err error) {
		list, err = r.cli.ContainerList(ctx, container.ListOptions{All: true, Filters: r.ours()})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	found := make(map[string]container.Summary, len(list))
	for _, c := range list {
		if id := c.Labels[labelInstance]; validID.MatchString(id) {
			found[id] = c
		}
	}
	return found, nil
}

// listDirs returns the names in the run directory.
func (r *Runtime) listDirs() ([]string, error) {
	entries, err := os.ReadDir(r.opts.RunDir)
	if err != nil {
		return nil, services.Wrap(services.CodeReadOnlyState, err)
	}
	var ids []string
	for _, e := range entries {
		if e.IsDir() && validID.MatchString(e.Name()) {
			ids = append(ids, e.Name())
		}
	}
	return ids, nil
}

// ours selects what this installation made.
func (r *Runtime) ours() filters.Args {
	return filters.NewArgs(filters.Arg("label", labelInstallation+"="+r.opts.Installation))
}
