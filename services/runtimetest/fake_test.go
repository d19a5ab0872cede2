package runtimetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"onionbot/services"
)

// manual is a clock that stands until it is moved.
type manual struct {
	mu  sync.Mutex
	now time.Time
}

func (m *manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

func (m *manual) advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
}

func openFake(*testing.T) *Fixture {
	clock := &manual{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	f := NewFake(clock)
	n := 0
	return &Fixture{
		Runtime:    f,
		Definition: &services.Definition{Name: "site", Ports: []services.Port{{Onion: 80, App: 8080}}, Probe: services.ProbeHTTP},
		Open:       &services.Definition{Name: "open"},
		ID:         func() string { n++; return fmt.Sprintf("fake%08d", n) },
		Now:        clock.Now,
		Advance:    clock.advance,
		Visit:      f.Visit,
		Crash:      f.Crash,
		CrashCode:  CrashCode,
		Pause:      f.Pause,
		Hang:       f.Hang,
		Blur:       f.Blur,
		Settle: func(cond func() bool) error {
			if !cond() {
				return errors.New("it is not so")
			}
			return nil
		},
	}
}

func TestFakeConforms(t *testing.T) { Run(t, openFake) }

func TestFaultsAreInjected(t *testing.T) {
	f := NewFake(&manual{now: time.Now()})
	fault := services.E(services.CodeUnavailable, "what", "docker")
	f.Before = func(_ context.Context, method, _ string) error {
		if method == "Ping" {
			return fault
		}
		return nil
	}
	f.After = func(_ context.Context, method, _ string) error {
		if method == "Prepare" {
			return fault
		}
		return nil
	}
	if err := f.Ping(t.Context()); !services.IsCode(err, services.CodeUnavailable) {
		t.Errorf("ping: %v", err)
	}
	if err := f.Prepare(t.Context(), "half"); err == nil {
		t.Error("no half answer")
	}
	if all, _ := f.List(t.Context()); len(all) != 1 {
		t.Errorf("the work of a half answer was not done: %v", all)
	}
}
