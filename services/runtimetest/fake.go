package runtimetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"onionbot/services"
)

var _ services.Runtime = (*Fake)(nil)

// Fake is a [services.Runtime] in memory. Its containers end at their
// deadlines by Clock, as soon as somebody looks. The zero Fake is not usable;
// see [NewFake].
type Fake struct {
	// Before, if set, is called at the start of every method with its name
	// and instance. An error is the method's answer; to hang, wait for ctx.
	// It is called without locks held and must be set before use.
	Before func(ctx context.Context, method, id string) error
	// After, if set, is called when a method has done its work: an error
	// from it is a half answer, the work was done and the caller is told not.
	After func(ctx context.Context, method, id string) error

	// Build, if set, is what builds a missing image. It is called without locks
	// held, and must be set before use.
	Build func(ctx context.Context, d *services.Definition, progress func(string)) error

	// Says is what every image says of itself.
	Says services.Image

	// Answer, if set, is what apps answer to [services.Runtime.Ask]. It is called
	// without locks held, and must be set before use.
	Answer func(id, method, path string) ([]byte, error)

	clock services.Clock

	mu        sync.Mutex
	boxes     map[string]*box // by instance; a box without a spec is a bare directory
	images    map[string]bool
	listeners map[int]func(string)
	next      int
	runs      map[string]int
}

// box is one instance's directory and container.
type box struct {
	services.Container
	spec     *services.ContainerSpec
	lastSeen time.Time
}

// NewFake returns an empty runtime with the clock's time.
func NewFake(clock services.Clock) *Fake {
	return &Fake{
		Says:  services.Image{Cmd: []string{"app"}, Ports: []int{8080}},
		clock: clock, boxes: make(map[string]*box), images: make(map[string]bool),
		listeners: make(map[int]func(string)), runs: make(map[string]int),
	}
}

// do is the frame of every method: fault, work, half answer, news.
func (f *Fake) do(ctx context.Context, method, id string, work func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if f.Before != nil {
		if err := f.Before(ctx, method, id); err != nil {
			return err
		}
	}
	f.mu.Lock()
	ended := f.advance()
	err := work()
	f.mu.Unlock()
	for _, e := range ended {
		f.notify(e)
	}
	if err == nil && f.After != nil {
		err = f.After(ctx, method, id)
	}
	return err
}

// EnsureImage implements [services.Runtime].
func (f *Fake) EnsureImage(ctx context.Context, d *services.Definition, progress func(string)) error {
	if progress == nil {
		progress = func(string) {}
	}
	var there bool
	err := f.do(ctx, "EnsureImage", d.Name, func() error { there = f.images[d.Ref()]; return nil })
	if err != nil || there {
		return err
	}
	progress("building " + d.Name)
	if f.Build != nil {
		if err := f.Build(ctx, d, progress); err != nil {
			return err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.images[d.Ref()] = true
	return nil
}

// Complete implements [services.Runtime].
func (f *Fake) Complete(ctx context.Context, d *services.Definition) (full *services.Definition, err error) {
	err = f.do(ctx, "Complete", d.Name, func() error {
		if !f.images[d.Ref()] {
			return services.Wrap(services.CodeNotFound, fmt.Errorf("no image %s", d.Ref()))
		}
		full, err = d.Complete(f.Says)
		return err
	})
	return full, err
}

// Run implements [services.Runtime].
func (f *Fake) Run(ctx context.Context, spec services.ContainerSpec) error {
	err := f.do(ctx, "Run", spec.ID, func() error {
		if !f.images[spec.Definition.Ref()] {
			return services.Wrap(services.CodeNotFound, fmt.Errorf("no image %s", spec.Definition.Ref()))
		}
		if b := f.boxes[spec.ID]; b != nil && b.State == services.ContainerRunning {
			b.Deadline = spec.Deadline
			return nil
		}
		now := f.clock.Now()
		f.runs[spec.ID]++
		f.boxes[spec.ID] = &box{
			Container: services.Container{
				ID: spec.ID, State: services.ContainerRunning, Files: true, Ready: true,
				Deadline: spec.Deadline, Visits: spec.Visits, ByEvents: spec.Definition.ByEvents(), StartedAt: now,
			},
			spec: &spec, lastSeen: now,
		}
		return nil
	})
	f.notify(spec.ID)
	return err
}

// Target implements [services.Runtime].
func (f *Fake) Target(id string, p services.Port) string {
	return fmt.Sprintf("/run/fake/%s/%d.sock", id, p.Onion)
}

// Prepare implements [services.Runtime].
func (f *Fake) Prepare(ctx context.Context, id string) error {
	return f.do(ctx, "Prepare", id, func() error {
		if f.boxes[id] == nil {
			f.boxes[id] = &box{Container: services.Container{ID: id, Files: true}}
		}
		return nil
	})
}

// SetDeadline implements [services.Runtime].
func (f *Fake) SetDeadline(ctx context.Context, id string, deadline time.Time) error {
	return f.do(ctx, "SetDeadline", id, func() error {
		b := f.boxes[id]
		if b == nil || b.spec == nil {
			return services.E(services.CodeNotFound)
		}
		b.Deadline = deadline
		return nil
	})
}

// Arm implements [services.Runtime].
func (f *Fake) Arm(ctx context.Context, id string) error {
	return f.do(ctx, "Arm", id, func() error {
		b := f.boxes[id]
		if b == nil || b.State != services.ContainerRunning {
			return errors.New("nothing runs")
		}
		if !b.Armed {
			b.Armed, b.lastSeen = true, f.clock.Now()
		}
		return nil
	})
}

// Inspect implements [services.Runtime].
func (f *Fake) Inspect(ctx context.Context, id string) (c services.Container, err error) {
	err = f.do(ctx, "Inspect", id, func() error {
		c = services.Container{ID: id}
		if b := f.boxes[id]; b != nil {
			c = b.Container
		}
		return nil
	})
	return c, err
}

// List implements [services.Runtime].
func (f *Fake) List(ctx context.Context) (all []services.Container, err error) {
	err = f.do(ctx, "List", "", func() error {
		for _, id := range slices.Sorted(maps.Keys(f.boxes)) {
			all = append(all, f.boxes[id].Container)
		}
		return nil
	})
	return all, err
}

// Remove implements [services.Runtime].
func (f *Fake) Remove(ctx context.Context, id string) error {
	err := f.do(ctx, "Remove", id, func() error {
		delete(f.boxes, id)
		return nil
	})
	f.notify(id)
	return err
}

// Events implements [services.Runtime].
func (f *Fake) Events(ctx context.Context, notify func(string)) error {
	f.mu.Lock()
	f.next++
	mine := f.next
	f.listeners[mine] = notify
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.listeners, mine)
	}()
	notify("")
	<-ctx.Done()
	return ctx.Err()
}

// Ping implements [services.Runtime].
func (f *Fake) Ping(ctx context.Context) error {
	return f.do(ctx, "Ping", "", func() error { return nil })
}

// advance ends what has to end by now, and returns which.
func (f *Fake) advance() []string {
	var ended []string
	now := f.clock.Now()
	for id, b := range f.boxes {
		if b.State == services.ContainerRunning && b.expire(now) {
			ended = append(ended, id)
		}
	}
	slices.SortFunc(ended, strings.Compare)
	return ended
}

func (b *box) expire(now time.Time) bool {
	switch {
	case !now.Before(b.Deadline):
		b.exit(services.ExitDeadline)
	case (b.Armed || b.byEvents()) && b.spec.Rules.Visits > 0 && b.Visits >= b.spec.Rules.Visits:
		b.exit(services.ExitVisits)
	case b.Armed && b.spec.Rules.Idle > 0 && now.Sub(b.lastSeen) >= b.spec.Rules.Idle:
		b.exit(services.ExitIdle)
	default:
		return false
	}
	return true
}

// byEvents reports whether the app counts, not the shim.
func (b *box) byEvents() bool { return b.spec.Definition != nil && b.spec.Definition.ByEvents() }

func (b *box) exit(why services.Exit) {
	b.State, b.Exit = services.ContainerExited, why
	b.Ready, b.Armed, b.Active = false, false, 0
}

func (f *Fake) notify(id string) {
	f.mu.Lock()
	all := slices.Collect(maps.Values(f.listeners))
	f.mu.Unlock()
	for _, tell := range all {
		tell(id)
	}
}
