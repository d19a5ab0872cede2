package runtimetest

import (
	"context"
	"errors"
	"maps"
	"slices"

	"onionbot/services"
)

// Visit is one visitor who comes and leaves.
func (f *Fake) Visit(id string) error {
	return f.do(context.Background(), "visit", id, func() error {
		b := f.boxes[id]
		if b == nil || b.State != services.ContainerRunning {
			return errors.New("nobody answers")
		}
		if !b.Armed || b.byEvents() {
			return nil
		}
		b.Visits++
		b.LastVisit = f.clock.Now()
		b.lastSeen = b.LastVisit
		return nil
	})
}

// Count has the app of a container count one more.
func (f *Fake) Count(id string) error {
	return f.hurt(id, func(b *box) {
		b.Visits++
		b.LastVisit = f.clock.Now()
	})
}

// News has the app of a container tell that there is something new.
func (f *Fake) News(id string) error { return f.hurt(id, func(b *box) { b.News++ }) }

// CrashCode is the exit code of apps that [Fake.Crash] ends.
const CrashCode = 3

// Crash ends the app of a container.
func (f *Fake) Crash(id string) error {
	return f.hurt(id, func(b *box) {
		b.exit(services.ExitApp)
		b.ExitCode = CrashCode
	})
}

// Kill ends a container from outside, as an engine that is killed does: nobody
// learns how the app ended.
func (f *Fake) Kill(id string) error {
	return f.hurt(id, func(b *box) {
		b.exit(services.ExitApp)
		b.ExitCode = -1
	})
}

// Exit ends a container by a decision of its shim.
func (f *Fake) Exit(id string, why services.Exit) error {
	return f.hurt(id, func(b *box) { b.exit(why) })
}

// Pause freezes a container.
func (f *Fake) Pause(id string) error { return f.stick(id, services.ContainerPaused) }

// Resume ends what Pause, Hang or Blur did.
func (f *Fake) Resume(id string) error {
	defer f.notify(id)
	f.mu.Lock()
	defer f.mu.Unlock()
	if b := f.boxes[id]; b != nil && b.spec != nil {
		b.State, b.Ready = services.ContainerRunning, true
		return nil
	}
	return errors.New("nothing is there")
}

// Hang makes a container's shim deaf.
func (f *Fake) Hang(id string) error { return f.stick(id, services.ContainerHung) }

// Blur makes the engine unable to describe a container.
func (f *Fake) Blur(id string) error { return f.stick(id, services.ContainerUnknown) }

func (f *Fake) stick(id string, state services.ContainerState) error {
	return f.hurt(id, func(b *box) { b.State, b.Ready, b.Armed, b.Active = state, false, false, 0 })
}

// hurt changes a running container, and tells the listeners.
func (f *Fake) hurt(id string, fn func(*box)) error {
	defer f.notify(id)
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.boxes[id]
	if b == nil || b.State != services.ContainerRunning {
		return errors.New("nothing runs")
	}
	fn(b)
	return nil
}

// Runs is how many containers were started for an instance.
func (f *Fake) Runs(id string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.runs[id]
}

// Spec is what the instance's container was started with; nil if there is none.
func (f *Fake) Spec(id string) *services.ContainerSpec {
	f.mu.Lock()
	defer f.mu.Unlock()
	if b := f.boxes[id]; b != nil {
		return b.spec
	}
	return nil
}

// Add puts a container there that nobody asked for.
func (f *Fake) Add(c services.Container) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.boxes[c.ID] = &box{Container: c, spec: &services.ContainerSpec{ID: c.ID}, lastSeen: f.clock.Now()}
}

// Quietly changes the state of a container, and nobody is told.
func (f *Fake) Quietly(id string, state services.ContainerState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if b := f.boxes[id]; b != nil {
		b.State = state
		if state == services.ContainerExited {
			b.exit(services.ExitApp)
		}
	}
}

// Tell tells every listener that something happened to an instance.
func (f *Fake) Tell(id string) { f.notify(id) }

// Reconnect tells every listener that events may have been missed.
func (f *Fake) Reconnect() { f.notify("") }

// Forget makes the image of a definition vanish.
func (f *Fake) Forget(d *services.Definition) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.images, d.Ref())
}

// Peek is what is so of an instance, whatever faults there are.
func (f *Fake) Peek(id string) services.Container {
	f.mu.Lock()
	defer f.mu.Unlock()
	if b := f.boxes[id]; b != nil {
		return b.Container
	}
	return services.Container{ID: id}
}

// All is everything there is, whatever faults there are.
func (f *Fake) All() []services.Container {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []services.Container
	for _, id := range slices.Sorted(maps.Keys(f.boxes)) {
		all = append(all, f.boxes[id].Container)
	}
	return all
}
