package docker

import (
	"context"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/system"
)

const (
	firstPause = 200 * time.Millisecond
	longPause  = 15 * time.Second
)

// Events implements [services.Runtime].
func (r *Runtime) Events(ctx context.Context, notify func(id string)) error {
	pause := firstPause
	for ctx.Err() == nil {
		began := time.Now()
		err := r.listen(ctx, notify)
		if ctx.Err() != nil {
			break
		}
		if time.Since(began) > longPause {
			pause = firstPause
		}
		r.log.Warn("engine events ended, subscribing again", "error", err, "pause", pause)
		wait := time.NewTimer(pause/2 + rand.N(pause/2)) //nolint:gosec // not a secret
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
		}
		pause = min(2*pause, longPause)
	}
	return ctx.Err()
}

// listen hands events on until the stream ends. Once the engine has accepted
// the subscription everything is looked at, for what happened before it.
func (r *Runtime) listen(ctx context.Context, notify func(id string)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	filter := r.ours()
	filter.Add("type", string(events.ContainerEventType))
	stream, errs := r.cli.Events(ctx, events.ListOptions{Filters: filter})
	select {
	case err := <-errs:
		return err
	default:
	}
	notify("")
	// The engine takes a tenth of a second for the answer: no start should wait for it.
	r.work.Go(func() { _, _ = r.mapsUsers(r.alive) })
	for {
		select {
		case e := <-stream:
			if id := e.Actor.Attributes[labelInstance]; id != "" && telling(string(e.Action)) {
				notify(id)
			}
		case err := <-errs:
			return err
		}
	}
}

// telling reports whether an event can change what is observed. Names differ
// between engines, so it is a list of what cannot.
func telling(action string) bool {
	for _, dull := range []string{"exec", "health", "attach", "resize", "top", "copy", "export"} {
		if strings.HasPrefix(action, dull) {
			return false
		}
	}
	return true
}

// Ping implements [services.Runtime].
func (r *Runtime) Ping(ctx context.Context) error {
	return call(ctx, quickCall, func(ctx context.Context) error {
		_, err := r.cli.Ping(ctx)
		return err
	})
}

// Engine is what the engine says of itself.
type Engine struct {
	Name       string // "Docker" or "Podman"
	Version    string
	APIVersion string // the one that is spoken
	OS         string
	CPUs       int
	Memory     int64    // bytes
	Security   []string // "seccomp", "apparmor", "rootless", …
}

// Describe asks the engine what it is.
func (r *Runtime) Describe(ctx context.Context) (Engine, error) {
	var info system.Info
	var e Engine
	err := call(ctx, quickCall, func(ctx context.Context) (err error) {
		if info, err = r.cli.Info(ctx); err != nil {
			return err
		}
		v, err := r.cli.ServerVersion(ctx)
		e.Name, e.Version = "Docker", v.Version
		if strings.Contains(strings.ToLower(v.Platform.Name+componentNames(v.Components)), "podman") {
			e.Name = "Podman"
		}
		return err
	})
	if err != nil {
		return Engine{}, err
	}
	e.APIVersion, e.OS = r.cli.ClientVersion(), info.OperatingSystem
	e.CPUs, e.Memory = info.NCPU, info.MemTotal
	for _, s := range info.SecurityOptions {
		name, _, _ := strings.Cut(strings.TrimPrefix(s, "name="), ",")
		e.Security = append(e.Security, name)
	}
	return e, nil
}

func componentNames(all []types.ComponentVersion) string {
	var names []string
	for _, c := range all {
		names = append(names, c.Name)
	}
	return strings.Join(names, " ")
}
