package reconcile_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"onionbot/services"
)

// attempts is how often something that fails may be tried in half an hour,
// the minutely purge of old rows included.
const attempts = 80

func TestEachFailingStepWaitsEverLonger(t *testing.T) {
	broken := errors.New("broken")
	extend := func(h *host) error { return h.manager.Extend(h.t.Context(), h.request(), "site", time.Hour) }
	stop := func(h *host) error { return h.manager.Stop(h.t.Context(), h.request(), "site") }
	replace := func(h *host) error {
		return h.manager.Start(h.t.Context(), h.request(), services.StartOptions{Service: "site", Content: "staged"})
	}
	visit := func(h *host) error { return h.runtime.Visit(h.only().ID) }
	call := func(name string) func(*host, error) { return func(h *host, err error) { h.fail(name, err) } }
	disk := func(h *host, err error) { h.diskFull.Store(err != nil) }
	files := func(h *host, err error) { h.contents.fail(err) }

	tests := map[string]struct {
		hurt   func(h *host, err error)
		begin  func(h *host) error
		count  func(h *host) int
		healed func(h *host, i *services.Instance, c services.Container) bool
	}{
		"remove-container": {call("Remove"), stop, func(h *host) int { return h.called("Remove") }, gone},
		"remove-onion":     {call("remove"), stop, func(h *host) int { return h.called("remove") }, gone},
		"finish":           {files, stop, func(h *host) int { return h.contents.calls() }, gone},
		"deadline": {
			call("SetDeadline"), extend, func(h *host) int { return h.called("SetDeadline") },
			func(_ *host, i *services.Instance, c services.Container) bool { return c.Deadline.Equal(i.ExpiresAt) },
		},
		"show": {
			files, replace, func(h *host) int { return h.contents.calls() },
			func(h *host, _ *services.Instance, _ services.Container) bool { return h.contents.shows() == 1 },
		},
		"count": {
			disk, visit, func(h *host) int { return h.commits() },
			func(_ *host, i *services.Instance, c services.Container) bool { return i.Visits == 1 && c.Visits == 1 },
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t)
				h.begin(services.StartOptions{Service: "site", Life: 20 * time.Hour, Rules: services.Rules{Visits: 9}})
				h.after(10 * time.Second)
				tt.hurt(h, broken)
				before := tt.count(h)
				if err := tt.begin(h); err != nil {
					t.Fatal(err)
				}
				h.runtime.Reconnect() // somebody looks: visits cause no event
				h.after(30 * time.Minute)
				if n := tt.count(h) - before; n > attempts || n < 5 {
					t.Errorf("tried %d times in half an hour", n)
				}
				tt.hurt(h, nil)
				h.after(2 * time.Minute)
				if i := h.only(); !tt.healed(h, i, h.runtime.Peek(i.ID)) {
					t.Errorf("not made up for: %+v", i)
				}
			})
		})
	}
}

func gone(_ *host, i *services.Instance, _ services.Container) bool {
	return i.State == services.StateGone
}

func TestArmingThatFailsWaitsEverLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.fail("Arm", errors.New("broken"))
		h.begin(services.StartOptions{Service: "site", Life: 20 * time.Hour, Rules: services.Rules{Visits: 9}})
		h.after(30 * time.Minute)
		if n := h.called("Arm"); n > attempts || n < 5 {
			t.Errorf("tried %d times in half an hour", n)
		}
		h.fail("Arm", nil)
		h.after(2 * time.Minute)
		if !h.runtime.Peek(h.only().ID).Armed {
			t.Error("still not armed")
		}
	})
}

func TestOrphansThatCannotBeRemovedWaitEverLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.fail("Remove", errors.New("broken"))
		h.runtime.Add(services.Container{ID: "orphanorphan", State: services.ContainerRunning, Deadline: h.now().Add(time.Hour)})
		for range 1000 { // an engine tells of each attempt to end it
			h.runtime.Tell("orphanorphan")
			h.after(time.Second)
		}
		if n := h.called("Remove"); n > attempts || n < 5 {
			t.Errorf("tried %d times in a thousand seconds", n)
		}
		h.fail("Remove", nil)
		h.after(3 * time.Minute)
		h.wantNothingLeft()
	})
}

func TestFullDiskDoesNotKeepWhatDiedDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.begin(services.StartOptions{Service: "site", Life: 20 * time.Hour})
		h.after(10 * time.Second)
		i := h.only()
		h.diskFull.Store(true)
		if err := h.runtime.Crash(i.ID); err != nil {
			t.Fatal(err)
		}
		h.onions.LoseOne(i.Onion.Address)
		h.after(10 * time.Second)
		if c := h.runtime.Peek(i.ID); c.State != services.ContainerRunning {
			t.Errorf("the container is %s", c.State)
		}
		if len(h.onions.Addresses()) != 1 {
			t.Error("the onion was not published again")
		}
		before := h.commits()
		h.after(30 * time.Minute)
		if n := h.commits() - before; n > 4*attempts {
			t.Errorf("%d writes to a full disk in half an hour", n)
		}
	})
}

func TestPolicyOfZerosTakesTheDefaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, func(h *host) { h.policy = services.Policy{} })
		h.begin(services.StartOptions{Service: "site", Life: time.Hour})
		h.after(10 * time.Second)
		h.wantState(services.StateReachable)
		_ = h.runtime.Crash(h.only().ID)
		h.after(10 * time.Minute)
		h.wantState(services.StateReachable)
		h.after(time.Hour)
		h.wantState(services.StateGone)
	})
}
