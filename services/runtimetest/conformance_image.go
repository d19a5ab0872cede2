package runtimetest

import (
	"slices"
	"testing"
	"time"

	"onionbot/services"
)

func testComplete(t *testing.T, f *Fixture) {
	d := f.Open
	if _, err := f.Runtime.Complete(t.Context(), &services.Definition{Name: "no", Image: "localhost/no-such:image"}); !services.IsCode(err, services.CodeNotFound) {
		t.Errorf("an image that is not there: %v", err)
	}
	spec := f.spec(f.ID(), time.Hour)
	spec.Definition = d
	f.start(t, spec) // Run asks the image by itself
	f.await(t, spec.ID, func(c services.Container) bool { return c.Ready })
	full, err := f.Runtime.Complete(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Ports) > 0 || len(full.Ports) == 0 || full.Probe == "" || len(full.Command) == 0 || full.Name != d.Name {
		t.Errorf("%+v became %+v", d, full)
	}
	again, err := f.Runtime.Complete(t.Context(), full)
	if err != nil || !slices.Equal(again.Ports, full.Ports) || !slices.Equal(again.Env, full.Env) || !slices.Equal(again.Command, full.Command) {
		t.Errorf("again it became %+v, %v", again, err)
	}
}
