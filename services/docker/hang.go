package docker

import (
	"context"
	"os"
	"time"

	"onionbot/services"
	"onionbot/services/shim"
)

// A shim is called hung when it has not answered several looks in a row, each
// of which waited, over some time: a crowded machine is slow, too.
const (
	lookPatience = 3 * time.Second  // for one answer
	hungLooks    = 3                // unanswered in a row
	hungAfter    = 10 * time.Second // since the first of them
)

// silence is how long a shim has not answered.
type silence struct {
	since time.Time // of the first look without an answer
	looks int
}

// look asks the shim how it is.
func (r *Runtime) look(ctx context.Context, id string) (shim.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, r.patience.look)
	defer cancel()
	s, err := shim.Call(ctx, r.layout(id).shim(), shim.Request{Op: shim.OpStatus})
	if err == nil {
		r.forget(id)
	}
	return s, err
}

// sealed reports whether the shim's socket is where the runtime asks.
func (l layout) sealed() bool {
	_, err := os.Lstat(l.shim())
	return err == nil
}

// judge tells of a container that runs what its shim says, or that it has
// hung. Before it was told to go, its socket is not where it will be.
func (r *Runtime) judge(out *services.Container, s shim.Status, err error) {
	switch {
	case err == nil:
		fill(out, s)
	case !r.layout(out.ID).sealed():
		out.State = services.ContainerCreated
	case r.silent(out.ID):
		out.State = services.ContainerHung
	default:
		out.State = services.ContainerRunning
	}
}

// silent counts a look that was not answered and reports whether it was one
// too many.
func (r *Runtime) silent(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.silences[id]
	if s.looks == 0 {
		s.since = time.Now()
	}
	s.looks++
	r.silences[id] = s
	return s.looks >= hungLooks && time.Since(s.since) >= r.patience.hung
}

// forget drops what was remembered of an instance's silence.
func (r *Runtime) forget(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.silences, id)
}
