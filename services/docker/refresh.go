package docker

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docker/docker/api/types/build"

	"onionbot/services"
)

const (
	refreshTick  = time.Hour
	refreshPause = time.Hour      // after a rebuild that failed, twice as long after each more
	refreshLimit = 24 * time.Hour // the longest such pause
)

// staleImage is an image that could not be rebuilt.
type staleImage struct {
	built time.Time
	fails int
	again time.Time // not before
}

// KeepFresh rebuilds the images of the definitions when they are older than
// age, one after the other, until ctx ends. What runs goes on with the image it
// was started from, which is removed when nothing uses it any more. An image
// that cannot be rebuilt is kept; [Runtime.ImageTrouble] tells. An age of 0
// keeps every image.
func (r *Runtime) KeepFresh(ctx context.Context, defs []*services.Definition, age time.Duration) {
	if age <= 0 {
		return
	}
	tick := time.NewTicker(refreshTick)
	defer tick.Stop()
	for {
		for _, d := range defs {
			r.refresh(ctx, d, age, time.Now())
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// refresh looks at one image, and rebuilds it if it is old. One that is not
// there is built when it is wanted.
func (r *Runtime) refresh(ctx context.Context, d *services.Definition, age time.Duration, now time.Time) {
	if d.Image != "" {
		return // the operator's own, who fetches a newer one when it is wanted
	}
	built, err := r.ImageBuilt(ctx, d)
	if err != nil || built.IsZero() {
		return
	}
	r.removeStale(ctx, d)
	if now.Sub(built) < age || !r.mayRefresh(d, now) {
		return
	}
	if err := r.rebuild(ctx, d); err != nil {
		if ctx.Err() == nil {
			r.log.Warn("an old image could not be rebuilt and is kept", "service", d.Name, "built", built, "error", err)
			r.noteStale(d, built, now)
		}
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.stale, d.Name)
}

// rebuild builds the image from nothing, on a base image that is fetched anew;
// where no registry answers, on the one that is there.
func (r *Runtime) rebuild(ctx context.Context, d *services.Definition) error {
	err := r.join(d, build.ImageBuildOptions{NoCache: true, PullParent: true}).wait(ctx, nil)
	if err != nil && ctx.Err() == nil {
		err = r.join(d, build.ImageBuildOptions{NoCache: true}).wait(ctx, nil)
	}
	return err
}

func (r *Runtime) mayRefresh(d *services.Definition, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !now.Before(r.stale[d.Name].again)
}

func (r *Runtime) noteStale(d *services.Definition, built, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.stale[d.Name]
	pause := min(refreshPause<<min(s.fails, 10), refreshLimit)
	r.stale[d.Name] = staleImage{built: built, fails: s.fails + 1, again: now.Add(pause)}
}

// ImageBuilt returns when the image of the definition was built; the zero time
// if it is not there.
func (r *Runtime) ImageBuilt(ctx context.Context, d *services.Definition) (time.Time, error) {
	var created string
	err := call(ctx, quickCall, func(ctx context.Context) error {
		i, err := r.cli.ImageInspect(ctx, d.Ref())
		created = i.Created
		return err
	})
	if isNotFound(err) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("inspect image: %w", err)
	}
	return time.Parse(time.RFC3339Nano, created)
}

// ImageTrouble says which images could not be rebuilt, for the operator; ""
// when there is none.
func (r *Runtime) ImageTrouble() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for name, s := range r.stale {
		all = append(all, fmt.Sprintf("%s (built on %s)", name, s.built.Format("2 January")))
	}
	if len(all) == 0 {
		return ""
	}
	slices.Sort(all)
	return "old images could not be rebuilt and are still used: " + strings.Join(all, ", ")
}
