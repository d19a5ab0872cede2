package onionstest_test

import (
	"context"
	"errors"
	"testing"

	"onionbot/services"
	"onionbot/services/onionstest"
)

func TestFakeKeepsThePromises(t *testing.T) {
	onionstest.Run(t, func(*testing.T) services.Onions {
		f := onionstest.New()
		f.Dial(true)
		return f
	})
}

func published(t *testing.T, f *onionstest.Fake) services.OnionSpec {
	t.Helper()
	o, err := f.NewOnion()
	if err != nil {
		t.Fatal(err)
	}
	spec := services.OnionSpec{Onion: o, Targets: []services.OnionTarget{{Port: 80, Socket: "/x"}}}
	if err := f.Publish(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	return spec
}

func TestFakeFaultsActAndEnd(t *testing.T) {
	f := onionstest.New()
	spec := published(t, f)
	f.Break(true)
	if _, err := f.Status(t.Context(), spec.Onion.Address); !services.IsCode(err, services.CodeUnavailable) {
		t.Errorf("broken: %v", err)
	}
	f.Break(false)
	f.Hang(onionstest.OpProbe)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Probe(ctx, spec.Onion, 80, services.ProbeTCP); !errors.Is(err, context.Canceled) {
		t.Errorf("hung: %v", err)
	}
	f.Fail(onionstest.OpProbe, nil)
	if err := f.Probe(t.Context(), spec.Onion, 80, services.ProbeTCP); err != nil {
		t.Errorf("after the faults: %v", err)
	}
}

func TestFakeTellsOfLoss(t *testing.T) {
	f := onionstest.New()
	spec := published(t, f)
	told := make(chan string, 10)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { _ = f.Events(ctx, func(a string) { told <- a }) }()
	for len(told) == 0 { // until the watcher is there
		f.Lose()
	}
	if got := <-told; got != "" {
		t.Errorf("told %q", got)
	}
	if s, err := f.Status(t.Context(), spec.Onion.Address); err != nil || s.State != services.OnionAbsent {
		t.Errorf("status = %+v, %v", s, err)
	}
}

func TestFakeWaitsForTheUpload(t *testing.T) {
	f := onionstest.New()
	f.StayUnpublished(true)
	o, err := f.NewOnion()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		done <- f.Publish(t.Context(), services.OnionSpec{Onion: o, Targets: []services.OnionTarget{{Port: 80, Socket: "/x"}}})
	}()
	for len(f.Addresses()) == 0 { // until it was added
		if _, err := f.List(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if s, _ := f.Status(t.Context(), o.Address); s.State != services.OnionAdded {
		t.Errorf("status = %+v", s)
	}
	f.Upload(o.Address)
	if err := <-done; err != nil {
		t.Error(err)
	}
}
