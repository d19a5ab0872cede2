package runtimetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"onionbot/services"
)

const patience = 30 * time.Second

// Fixture is a runtime under test and what the test needs beside the port.
type Fixture struct {
	Runtime    services.Runtime
	Definition *services.Definition // an http service
	Open       *services.Definition // leaves ports and command to its image
	ID         func() string        // a fresh instance ID
	Now        func() time.Time
	Advance    func(time.Duration)          // lets time pass: sleeps, or moves a fake clock
	Visit      func(id string) error        // one visitor who comes and leaves
	Crash      func(id string) error        // the app ends by itself, with the code CrashCode
	CrashCode  int                          // -1 if the fixture cannot tell
	Pause      func(id string) error        // freezes the container; nil if the fixture cannot
	Hang       func(id string) error        // makes the shim deaf, its container running; nil if the fixture cannot
	Blur       func(id string) error        // makes the engine unable to describe the container; nil if the fixture cannot
	Settle     func(cond func() bool) error // waits until cond holds
}

// Run is the conformance test of [services.Runtime].
func Run(t *testing.T, open func(t *testing.T) *Fixture) {
	for _, c := range []struct {
		name string
		test func(*testing.T, *Fixture)
	}{
		{"AbsentIsNoError", testAbsent},
		{"RunIsRepeatable", testRun},
		{"PreparedDirectoryIsListed", testPrepare},
		{"RemoveIsRepeatable", testRemove},
		{"DeadlineEndsIt", testDeadline},
		{"DeadlineCanBeProlonged", testProlong},
		{"PastDeadlineEndsAtOnce", testPast},
		{"VisitsCountOnceArmed", testVisits},
		{"IdleEndsIt", testIdle},
		{"ExitedIsReplaced", testReplace},
		{"TheAppsExitCodeIsTold", testExitCode},
		{"PausedIsSeenAndCanBeRemoved", testPaused},
		{"HungIsSeenAndCanBeRemoved", testHung},
		{"OneThatCannotBeDescribedHidesNoOther", testBlurred},
		{"ContainersOfOneInstanceAreApart", testApart},
		{"EventsTell", testEvents},
		{"ImageSaysWhatIsLeftToIt", testComplete},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

// spec is a container that lives for life.
func (f *Fixture) spec(id string, life time.Duration) services.ContainerSpec {
	return services.ContainerSpec{ID: id, Definition: f.Definition, Deadline: f.Now().Add(life)}
}

// start runs a container and removes it when the test ends.
func (f *Fixture) start(t *testing.T, spec services.ContainerSpec) {
	t.Helper()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := f.Runtime.Remove(ctx, spec.ID); err != nil {
			t.Errorf("remove: %v", err)
		}
	})
	if err := f.Runtime.EnsureImage(t.Context(), spec.Definition, nil); err != nil {
		t.Fatal(err)
	}
	if err := f.Runtime.Run(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
}

func (f *Fixture) inspect(t *testing.T, id string) services.Container {
	t.Helper()
	c, err := f.Runtime.Inspect(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// await waits until the container is as cond wants it.
func (f *Fixture) await(t *testing.T, id string, cond func(services.Container) bool) services.Container {
	t.Helper()
	var last services.Container
	err := f.Settle(func() bool {
		last = f.inspect(t, id)
		return cond(last)
	})
	if err != nil {
		t.Fatalf("%v; last seen %+v", err, last)
	}
	return last
}

func (f *Fixture) awaitExit(t *testing.T, id string, why services.Exit) {
	t.Helper()
	c := f.await(t, id, func(c services.Container) bool { return c.State == services.ContainerExited })
	if c.Exit != why {
		t.Errorf("exit %q, want %q", c.Exit, why)
	}
}

// listed returns the instance from List.
func (f *Fixture) listed(t *testing.T, id string) (services.Container, bool) {
	t.Helper()
	all, err := f.Runtime.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(c services.Container) bool { return c.ID == id })
	if i < 0 {
		return services.Container{}, false
	}
	return all[i], true
}

func testAbsent(t *testing.T, f *Fixture) {
	id := f.ID()
	if c := f.inspect(t, id); c.ID != id || c.State != services.ContainerAbsent || c.Files {
		t.Errorf("%+v", c)
	}
	if _, ok := f.listed(t, id); ok {
		t.Error("listed")
	}
	if err := f.Runtime.SetDeadline(t.Context(), id, f.Now().Add(time.Hour)); err == nil {
		t.Error("a deadline was set for nothing")
	}
	if err := f.Runtime.SetKeys(t.Context(), id, []string{"ssh-ed25519 AAAA"}); !services.IsCode(err, services.CodeNotFound) {
		t.Errorf("keys were set for nothing: %v", err)
	}
	if err := f.Runtime.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func testRun(t *testing.T, f *Fixture) {
	spec := f.spec(f.ID(), time.Hour)
	f.start(t, spec)
	c := f.await(t, spec.ID, func(c services.Container) bool { return c.Ready })
	if c.State != services.ContainerRunning || !c.Files || c.Armed || c.Visits != 0 || c.Exit != services.ExitNone {
		t.Errorf("%+v", c)
	}
	if d := c.Deadline.Sub(spec.Deadline).Abs(); d > time.Millisecond {
		t.Errorf("deadline is off by %v", d)
	}
	if err := f.Runtime.Run(t.Context(), spec); err != nil {
		t.Errorf("again: %v", err)
	}
	if again := f.inspect(t, spec.ID); !again.StartedAt.Equal(c.StartedAt) {
		t.Error("it was started twice")
	}
	if got, ok := f.listed(t, spec.ID); !ok || got.State != services.ContainerRunning {
		t.Errorf("listed %t as %+v", ok, got)
	}
}

func testPrepare(t *testing.T, f *Fixture) {
	id := f.ID()
	for range 2 {
		if err := f.Runtime.Prepare(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if c, ok := f.listed(t, id); !ok || c.State != services.ContainerAbsent || !c.Files {
		t.Errorf("listed %t as %+v", ok, c)
	}
	before := f.Runtime.Target(id, f.Definition.Ports[0])
	f.start(t, f.spec(id, time.Hour))
	if after := f.Runtime.Target(id, f.Definition.Ports[0]); after != before {
		t.Errorf("target was %q, is %q", before, after)
	}
}

func testRemove(t *testing.T, f *Fixture) {
	spec := f.spec(f.ID(), time.Hour)
	f.start(t, spec)
	for range 2 {
		if err := f.Runtime.Remove(t.Context(), spec.ID); err != nil {
			t.Fatal(err)
		}
	}
	if c := f.inspect(t, spec.ID); c.State != services.ContainerAbsent || c.Files {
		t.Errorf("%+v", c)
	}
	if _, ok := f.listed(t, spec.ID); ok {
		t.Error("still listed")
	}
}

func testEvents(t *testing.T, f *Fixture) {
	ctx, cancel := context.WithCancel(t.Context())
	told := make(chan string, 64)
	ended := make(chan error, 1)
	go func() { ended <- f.Runtime.Events(ctx, func(id string) { told <- id }) }()
	if err := expect(told, ""); err != nil {
		t.Fatal(err)
	}
	spec := f.spec(f.ID(), time.Hour)
	f.start(t, spec)
	if err := f.Crash(spec.ID); err != nil {
		t.Fatal(err)
	}
	f.awaitExit(t, spec.ID, services.ExitApp)
	if err := expect(told, spec.ID); err != nil {
		t.Error(err)
	}
	cancel()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Error("Events did not end with its context")
	}
}

// expect waits for one notification among others.
func expect(told <-chan string, want string) error {
	limit := time.After(patience)
	for {
		select {
		case got := <-told:
			if got == want {
				return nil
			}
		case <-limit:
			return fmt.Errorf("nobody told of %q", want)
		}
	}
}
