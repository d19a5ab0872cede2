package docker

import (
	"context"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/docker/docker/api/types/events"
)

const (
	firstPause = 200 * time.Millisecond
	longPause  = 15 * time.Second
)

// Events implements [services.Runtime].
func (r *Runtime) Events(ctx context.Context, notify func(id string)) error {
	defer r.reports.listen(notify)()
	r.watchAll()
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
