package services_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"onionbot/db"
	"onionbot/services"
)

type deaf struct{}

func (deaf) Notify(string)                          {}
func (deaf) Health(context.Context) services.Health { return services.Health{} }

type unheard struct{}

func (unheard) Notify() {}

// manager is one on a real database, at a time that can be set.
func manager(t *testing.T, now *atomic.Int64, policy services.Policy) *services.Manager {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	store, err := db.Open(t.Context(), filepath.Join(t.TempDir(), "s", "onionbot.db"), db.Options{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	var onions atomic.Int64
	return services.NewManager(services.ManagerOptions{
		Store: store, Policy: policy, Log: quiet, Keyring: services.NewKeyring(), Reconciler: deaf{}, Outbox: unheard{}, Health: deaf{},
		Clock: services.ClockFunc(func() time.Time { return time.UnixMilli(now.Load()).UTC() }),
		NewOnion: func() (services.Onion, error) {
			return services.Onion{Address: fmt.Sprint(onions.Add(1)), Key: "k"}, nil
		},
		Catalog: services.NewCatalog([]*services.Definition{
			{Name: "site", DefaultLife: time.Hour, MaxLife: 100 * time.Hour, Limits: services.Limits{MemoryBytes: 64 << 20}},
		}),
	})
}

var messages atomic.Int64

// begin starts one more site for a user.
func begin(m *services.Manager, u *services.User) error {
	req := services.Request{User: u, Network: "n", MessageID: fmt.Sprint(messages.Add(1)), Route: services.Route{Network: "n", Account: "1"}}
	return m.Start(context.Background(), req, services.StartOptions{Service: "site", NewName: true})
}

func TestAHundredStartsAtOnceStayWithinTheLimit(t *testing.T) {
	var now, started atomic.Int64
	now.Store(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC).UnixMilli())
	m := manager(t, &now, services.Policy{})
	u := &services.User{Name: "ana", Services: []string{"site"}, MaxInstances: 1}
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			switch err := begin(m, u); {
			case err == nil:
				started.Add(1)
			case !services.IsCode(err, services.CodeTooMany):
				t.Error(err)
			}
		})
	}
	all.Wait()
	live, err := m.List(t.Context(), u)
	if err != nil || len(live) != 1 || started.Load() != 1 {
		t.Errorf("%d started, %d live, %v", started.Load(), len(live), err)
	}
}

func TestStartsOfADayAreCounted(t *testing.T) {
	var now atomic.Int64
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	now.Store(noon.UnixMilli())
	m := manager(t, &now, services.Policy{})
	u := &services.User{Name: "ana", Services: []string{"site"}, MaxInstances: 10, PerDay: 2}
	for k := range 2 {
		now.Store(noon.Add(time.Duration(k) * time.Hour).UnixMilli())
		if err := begin(m, u); err != nil {
			t.Fatal(err)
		}
	}
	now.Store(noon.Add(2 * time.Hour).UnixMilli())
	err := begin(m, u)
	if want := services.E(services.CodeTooOften, "max", "2", "room", "22h0m0s"); err == nil || err.Error() != want.Error() {
		t.Errorf("the third: %v", err)
	}
	now.Store(noon.Add(24*time.Hour + time.Minute).UnixMilli())
	if err := begin(m, u); err != nil {
		t.Errorf("a day after the first: %v", err)
	}
}

func TestTheHostPromisesNoMoreMemoryThanItMay(t *testing.T) {
	var now atomic.Int64
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	now.Store(noon.UnixMilli())
	m := manager(t, &now, services.Policy{MaxMemory: 150 << 20})
	for k := range 2 {
		if err := begin(m, &services.User{Name: fmt.Sprint("u", k), Services: []string{"site"}, MaxInstances: 10}); err != nil {
			t.Fatal(err)
		}
	}
	err := begin(m, &services.User{Name: "ana", Services: []string{"site"}, MaxInstances: 10})
	if want := services.E(services.CodeFull, "room", "1h0m0s"); err == nil || err.Error() != want.Error() {
		t.Errorf("64 MiB more than 150: %v", err)
	}
}
