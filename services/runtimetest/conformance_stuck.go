package runtimetest

import (
	"testing"
	"time"

	"onionbot/services"
)

func testExitCode(t *testing.T, f *Fixture) {
	spec := f.spec(f.ID(), time.Hour)
	f.start(t, spec)
	if err := f.Crash(spec.ID); err != nil {
		t.Fatal(err)
	}
	f.awaitExit(t, spec.ID, services.ExitApp)
	if c, ok := f.listed(t, spec.ID); !ok || c.ExitCode != f.CrashCode {
		t.Errorf("listed %t with exit code %d, want %d", ok, c.ExitCode, f.CrashCode)
	}
}

func testPaused(t *testing.T, f *Fixture) { f.stuck(t, f.Pause, services.ContainerPaused) }

func testHung(t *testing.T, f *Fixture) { f.stuck(t, f.Hang, services.ContainerHung) }

// stuck makes a container useless and sees that it is seen as such, and that
// it can be removed and run anew.
func (f *Fixture) stuck(t *testing.T, hurt func(id string) error, want services.ContainerState) {
	if hurt == nil {
		t.Skip("this fixture has no way to do it")
	}
	spec := f.spec(f.ID(), time.Hour)
	f.start(t, spec)
	f.await(t, spec.ID, func(c services.Container) bool { return c.Ready })
	if err := hurt(spec.ID); err != nil {
		t.Fatal(err)
	}
	f.await(t, spec.ID, func(c services.Container) bool { return c.State == want && !c.Ready })
	if c, ok := f.listed(t, spec.ID); !ok || c.State != want {
		t.Errorf("listed %t as %+v", ok, c)
	}
	if err := f.Runtime.Remove(t.Context(), spec.ID); err != nil {
		t.Fatal(err)
	}
	if err := f.Runtime.Run(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	f.await(t, spec.ID, func(c services.Container) bool { return c.State == services.ContainerRunning && c.Ready })
}

func testBlurred(t *testing.T, f *Fixture) {
	if f.Blur == nil {
		t.Skip("this fixture has no way to do it")
	}
	bad, good := f.spec(f.ID(), time.Hour), f.spec(f.ID(), time.Hour)
	f.start(t, bad)
	f.start(t, good)
	if err := f.Blur(bad.ID); err != nil {
		t.Fatal(err)
	}
	if c, ok := f.listed(t, bad.ID); !ok || c.State != services.ContainerUnknown {
		t.Errorf("listed %t as %+v", ok, c)
	}
	if c, ok := f.listed(t, good.ID); !ok || c.State != services.ContainerRunning {
		t.Errorf("the other one: listed %t as %+v", ok, c)
	}
	if c := f.inspect(t, bad.ID); c.State != services.ContainerUnknown {
		t.Errorf("inspected as %+v", c)
	}
}
