package docker

import (
	"context"
	"fmt"
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

// Inspect implements [services.Runtime].
func (r *Runtime) Inspect(ctx context.Context, id string) (services.Container, error) {
	_, missing := os.Lstat(r.layout(id).dir)
	out := services.Container{ID: id, Files: missing == nil}
	c, err := r.inspect(ctx, id)
	if err != nil || c == nil {
		return out, err
	}
	out = r.observe(ctx, id, c)
	out.Files = missing == nil
	return out, nil
}

// List implements [services.Runtime].
func (r *Runtime) List(ctx context.Context) ([]services.Container, error) {
	ids, err := r.listContainers(ctx)
	if err != nil {
		return nil, err
	}
	dirs, err := r.listDirs()
	if err != nil {
		return nil, err
	}
	all := make([]services.Container, 0, len(dirs)+len(ids))
	known := make(map[string]bool)
	for _, id := range append(ids, dirs...) {
		if !known[id] {
			known[id] = true
			all = append(all, services.Container{ID: id, Files: true})
		}
	}
	return all, r.inspectAll(ctx, all[:len(ids)])
}

// inspectAll fills in what is known of each, side by side.
func (r *Runtime) inspectAll(ctx context.Context, all []services.Container) error {
	var (
		wait  sync.WaitGroup
		slots = make(chan struct{}, observers)
		mu    sync.Mutex
		first error
	)
	for i := range all {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			c, err := r.Inspect(ctx, all[i].ID)
			mu.Lock()
			defer mu.Unlock()
			if all[i] = c; err != nil && first == nil {
				first = err
			}
		})
	}
	wait.Wait()
	return first
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

// observe joins what the engine and the shim say.
func (r *Runtime) observe(ctx context.Context, id string, c *container.InspectResponse) services.Container {
	l := r.layout(id)
	out := services.Container{ID: id, State: services.ContainerCreated}
	if at, err := shim.ReadDeadline(l.deadline()); err == nil {
		out.Deadline = at
	}
	switch {
	case c.State.Running:
		s, err := askShim(ctx, l, shim.Request{Op: shim.OpStatus})
		if err == nil {
			fill(&out, s)
		}
	case c.State.Status == container.StateCreated:
	default:
		out.State, out.Exit = services.ContainerExited, ExitOf(c.State.ExitCode)
		if out.Exit == services.ExitApp {
			out.ExitCode = -1
		}
		if at, err := time.Parse(time.RFC3339Nano, c.State.StartedAt); err == nil {
			out.StartedAt = at
		}
	}
	return out
}

func fill(out *services.Container, s shim.Status) {
	if s.Going {
		out.State = services.ContainerRunning
	}
	out.Ready, out.Armed = s.Ready, s.Armed
	out.Visits, out.Active = s.Visits, s.Active
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

// listContainers returns the instances that have a container of ours.
func (r *Runtime) listContainers(ctx context.Context) ([]string, error) {
	var found []container.Summary
	err := call(ctx, quickCall, func(ctx context.Context) (err error) {
		found, err = r.cli.ContainerList(ctx, container.ListOptions{All: true, Filters: r.ours()})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	var ids []string
	for _, c := range found {
		if id := c.Labels[labelInstance]; validID.MatchString(id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
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
