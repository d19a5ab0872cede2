package runtimetest

import (
	"context"
	"testing"
	"time"

	"onionbot/services"
)

// soon is a deadline that a start on a busy machine does not miss.
const soon = 6 * time.Second

func testDeadline(t *testing.T, f *Fixture) {
	spec := f.spec(f.ID(), soon)
	f.start(t, spec)
	f.Advance(soon)
	f.awaitExit(t, spec.ID, services.ExitDeadline)
	if late := f.Now().Sub(spec.Deadline); late > 5*time.Second {
		t.Errorf("ended %v late", late)
	}
}

func testProlong(t *testing.T, f *Fixture) {
	spec := f.spec(f.ID(), soon)
	f.start(t, spec)
	if err := f.Runtime.SetDeadline(t.Context(), spec.ID, spec.Deadline.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	f.Advance(soon + time.Second)
	if c := f.inspect(t, spec.ID); c.State != services.ContainerRunning || !c.Deadline.After(spec.Deadline) {
		t.Fatalf("%+v", c)
	}
	if err := f.Runtime.SetDeadline(t.Context(), spec.ID, f.Now()); err != nil {
		t.Fatal(err)
	}
	f.awaitExit(t, spec.ID, services.ExitDeadline)
}

func testPast(t *testing.T, f *Fixture) {
	spec := f.spec(f.ID(), -time.Second)
	t.Cleanup(func() { _ = f.Runtime.Remove(context.Background(), spec.ID) })
	if err := f.Runtime.EnsureImage(t.Context(), spec.Definition, nil); err != nil {
		t.Fatal(err)
	}
	// Whether Run sees it or the shim: it never goes on.
	_ = f.Runtime.Run(t.Context(), spec)
	f.await(t, spec.ID, func(c services.Container) bool {
		return c.State == services.ContainerExited && c.Exit == services.ExitDeadline
	})
}

func testVisits(t *testing.T, f *Fixture) {
	spec := f.spec(f.ID(), time.Hour)
	spec.Visits = 4
	f.start(t, spec)
	f.await(t, spec.ID, func(c services.Container) bool { return c.Ready })
	f.visit(t, spec.ID)
	f.await(t, spec.ID, func(c services.Container) bool { return c.Active == 0 })
	if c := f.inspect(t, spec.ID); c.Visits != 4 || c.Armed {
		t.Fatalf("before arming: %+v", c)
	}
	for range 2 {
		if err := f.Runtime.Arm(t.Context(), spec.ID); err != nil {
			t.Fatal(err)
		}
	}
	f.visit(t, spec.ID)
	c := f.await(t, spec.ID, func(c services.Container) bool { return c.Visits == 5 && c.Active == 0 })
	if !c.Armed || c.LastVisit.IsZero() {
		t.Errorf("%+v", c)
	}
}

func (f *Fixture) visit(t *testing.T, id string) {
	t.Helper()
	if err := f.Visit(id); err != nil {
		t.Fatal(err)
	}
}

func testIdle(t *testing.T, f *Fixture) {
	spec := f.spec(f.ID(), time.Hour)
	spec.Rules.Idle = 2 * time.Second
	f.start(t, spec)
	if err := f.Runtime.Arm(t.Context(), spec.ID); err != nil {
		t.Fatal(err)
	}
	f.Advance(2 * time.Second)
	f.awaitExit(t, spec.ID, services.ExitIdle)
}

func testReplace(t *testing.T, f *Fixture) {
	spec := f.spec(f.ID(), time.Hour)
	f.start(t, spec)
	if err := f.Crash(spec.ID); err != nil {
		t.Fatal(err)
	}
	f.awaitExit(t, spec.ID, services.ExitApp)
	if err := f.Runtime.Run(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	f.await(t, spec.ID, func(c services.Container) bool { return c.State == services.ContainerRunning && c.Ready })
}
