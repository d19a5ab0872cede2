package runtimetest

import (
	"context"
	"testing"
	"time"

	"onionbot/services"
)

// testApart is about the containers that an instance with several services has:
// nothing of one is another's, though they may listen on the same port.
func testApart(t *testing.T, f *Fixture) {
	instance := services.Instance{ID: f.ID(), Service: services.JointName("one", "two")}
	ids := instance.Containers()
	for _, id := range ids {
		f.start(t, f.spec(id, time.Hour))
	}
	for _, id := range ids {
		f.await(t, id, func(c services.Container) bool { return c.Ready })
		if got, ok := f.listed(t, id); !ok || got.State != services.ContainerRunning || services.InstanceOf(id) != instance.ID {
			t.Errorf("%s is listed %t as %+v", id, ok, got)
		}
	}
	if p := f.Definition.Ports[0]; f.Runtime.Target(ids[0], p) == f.Runtime.Target(ids[1], p) {
		t.Error("both have the same socket")
	}
	ctx, cancel := context.WithCancel(t.Context())
	told, ended := make(chan string, 64), make(chan error, 1)
	go func() { ended <- f.Runtime.Events(ctx, func(id string) { told <- id }) }()
	if err := expect(told, ""); err != nil {
		t.Error(err)
	}
	if err := f.Crash(ids[1]); err != nil {
		t.Fatal(err)
	}
	f.awaitExit(t, ids[1], services.ExitApp)
	if err := expect(told, ids[1]); err != nil {
		t.Error(err)
	}
	cancel()
	<-ended
	if c := f.inspect(t, ids[0]); c.State != services.ContainerRunning {
		t.Errorf("the end of one was the end of the other: %+v", c)
	}
	if err := f.Runtime.Remove(t.Context(), ids[0]); err != nil {
		t.Fatal(err)
	}
	if c := f.inspect(t, ids[1]); c.State != services.ContainerExited || !c.Files {
		t.Errorf("one was removed with the other: %+v", c)
	}
}
