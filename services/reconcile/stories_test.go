package reconcile_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"onionbot/services"
)

func TestStartBecomesReachableAndEndsAtItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.begin(services.StartOptions{Service: "site", Life: time.Hour})
		h.after(3 * time.Second)
		h.wantState(services.StateReachable)
		if n := h.notices(); n[services.KindStarted] != 1 || n[services.KindReachable] != 0 {
			t.Errorf("one first reply is wanted: %v", n)
		}
		h.after(time.Hour - 10*time.Second)
		h.wantState(services.StateReachable)
		h.after(12 * time.Second)
		h.wantState(services.StateGone)
		h.wantNothingLeft()
		i := h.only()
		if i.Onion.Key != "" || i.Onion.Address != "" || i.Reason != services.ReasonExpired {
			t.Errorf("the row still says %+v", i)
		}
		if n := h.notices(); n[services.KindGone] != 1 {
			t.Errorf("the owner was not told once: %v", n)
		}
	})
}

func TestWarmAddressIsTakenAndReplacedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		siteDefinition := *siteDefinition
		siteDefinition.Warm = 1
		h := newHost(t, func(h *host) { h.site = &siteDefinition })
		h.after(5 * time.Second)
		warm := h.only()
		if warm.Desired != services.DesiredWarm || warm.State != services.StatePublishing {
			t.Fatalf("nothing is warm: %+v", warm)
		}
		h.after(5 * time.Hour)
		h.begin(services.StartOptions{Service: "site", Life: time.Hour})
		h.after(5 * time.Second) // long before the slow tick
		all := h.all()
		if len(all) != 2 || all[0].Onion.Address != warm.Onion.Address && all[1].Onion.Address != warm.Onion.Address {
			t.Fatalf("%d instances; the warm address was not taken or not replaced", len(all))
		}
		for _, i := range all {
			if mine := i.Owner == "ann"; mine != (i.Onion.Address == warm.Onion.Address) || mine && i.State != services.StateReachable {
				t.Errorf("%+v", i)
			}
		}
		if h.doubled {
			t.Error("a published onion was published again")
		}
	})
}

func TestThreeStartsInASecondAreOneInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		again := h.request()
		for range 3 {
			h.begin(services.StartOptions{Service: "site"})
			if err := h.manager.Start(t.Context(), again, services.StartOptions{Service: "site"}); err != nil {
				t.Fatal(err)
			}
		}
		h.after(5 * time.Second)
		h.wantState(services.StateReachable)
		if n := h.notices(); n[services.KindStarted] != 4 {
			t.Errorf("four different messages, four answers: %v", n)
		}
		if h.most > 1 {
			t.Errorf("%d containers at once", h.most)
		}
	})
}

func TestStopDuringStartLeavesNothing(t *testing.T) {
	for _, delay := range []time.Duration{0, time.Millisecond, 100 * time.Millisecond, 400 * time.Millisecond, time.Second, 2 * time.Second} {
		t.Run(delay.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t)
				h.begin(services.StartOptions{Service: "site"})
				time.Sleep(delay)
				if err := h.manager.Stop(t.Context(), h.request(), "site"); err != nil {
					t.Fatal(err)
				}
				h.after(20 * time.Second)
				h.wantState(services.StateGone)
				h.wantNothingLeft()
			})
		})
	}
}

func TestMoreReachesTheRunningShim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.begin(services.StartOptions{Service: "site", Life: time.Hour})
		h.after(5 * time.Second)
		if err := h.manager.Extend(t.Context(), h.request(), "site", time.Hour); err != nil {
			t.Fatal(err)
		}
		h.after(time.Second)
		i := h.only()
		if c := h.runtime.Peek(i.ID); !c.Deadline.Equal(i.ExpiresAt) || h.runtime.Runs(i.ID) != 1 {
			t.Errorf("shim ends at %v, the row at %v, %d runs", c.Deadline, i.ExpiresAt, h.runtime.Runs(i.ID))
		}
		h.after(90 * time.Minute)
		h.wantState(services.StateReachable)
		h.after(31 * time.Minute)
		h.wantState(services.StateGone)
	})
}

func TestRestartOfTheBotChangesNothingForVisitors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.begin(services.StartOptions{Service: "site", Life: time.Hour})
		h.after(10 * time.Second)
		for range 5 {
			h.kill()
			h.start()
			h.after(20 * time.Second)
		}
		h.wantState(services.StateReachable)
		if runs, publications := h.runtime.Runs(h.only().ID), h.called("publish"); runs != 1 || publications != 1 {
			t.Errorf("%d containers and %d publications for one life", runs, publications)
		}
		h.kill()
		h.after(2 * time.Hour) // dead over the deadline
		h.start()
		h.after(20 * time.Second)
		h.wantState(services.StateGone)
		h.wantNothingLeft()
	})
}

func TestOrphansAreRemovedAndForeignOnionsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.runtime.Add(services.Container{ID: "orphanorphan", State: services.ContainerRunning, Deadline: h.now().Add(time.Hour)})
		foreign := strings.Repeat("f", 56) + ".onion"
		h.onions.Put(services.OnionStatus{Address: strings.Repeat("a", 56) + ".onion", State: services.OnionPublished})
		h.onions.Put(services.OnionStatus{Address: foreign, State: services.OnionPublished, Foreign: true})
		h.after(2 * time.Minute)
		if left, onions := h.runtime.All(), h.onions.Addresses(); len(left) != 0 || !slices.Equal(onions, []string{foreign}) {
			t.Errorf("left: %v %v", left, onions)
		}
	})
}

func TestClockJumps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.begin(services.StartOptions{Service: "site", Life: time.Hour})
		h.after(10 * time.Second)
		h.skew.Store(int64(2 * time.Hour)) // the machine slept, or the clock was set
		h.after(15 * time.Second)
		h.wantState(services.StateGone)
	})
}

func TestRulesEndAnInstance(t *testing.T) {
	for exit, reason := range map[services.Exit]services.Reason{
		services.ExitIdle: services.ReasonIdle, services.ExitVisits: services.ReasonVisits,
	} {
		synctest.Test(t, func(t *testing.T) {
			h := newHost(t)
			h.begin(services.StartOptions{Service: "site", Rules: services.Rules{Visits: 1, Idle: time.Hour}})
			for n := 0; h.only().State != services.StateReachable && n < 1e5; n++ {
				h.after(100 * time.Microsecond)
			}
			i := h.only()
			if !h.runtime.Peek(i.ID).Armed {
				t.Fatal("it is called reachable, and visits are not counted yet")
			}
			_ = h.runtime.Exit(i.ID, exit)
			h.after(20 * time.Second)
			if got := h.only(); got.State != services.StateGone || got.Reason != reason {
				t.Errorf("%s: %s, %s", exit, got.State, got.Reason)
			}
		})
	}
}

func TestWhatCountsVisitsIsNotCalledCheckedWhenItIsNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.begin(services.StartOptions{Service: "site", Life: 20 * time.Hour, Rules: services.Rules{Visits: 3}})
		h.after(10 * time.Second)
		checked := h.only().CheckedAt
		h.silence("tor", 5*time.Minute)
		h.after(15 * time.Minute)
		h.wantState(services.StateReachable)
		if n := h.notices(); n[services.KindDown] != 1 || n[services.KindBack] != 1 {
			t.Errorf("told %v", n)
		}
		if got := h.only().CheckedAt; !got.Equal(checked) {
			t.Errorf("it was last opened at %v; it says %v", checked, got)
		}
	})
}

func TestIdleInstanceIsSeenInOneListAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		for _, name := range []string{"a", "b", "c"} {
			h.begin(services.StartOptions{Service: "site", Name: name, Life: 20 * time.Hour, Rules: services.Rules{Visits: 9}})
		}
		h.after(time.Minute)
		inspects, lists := h.called("Inspect"), h.called("List")
		h.after(time.Hour)
		if n := h.called("Inspect") - inspects; n > 6 {
			t.Errorf("%d questions about single containers in an hour", n)
		}
		if n := h.called("List") - lists; n < 55 || n > 65 {
			t.Errorf("%d lists in an hour", n)
		}
		id := h.all()[0].ID
		h.runtime.Quietly(id, services.ContainerExited) // an event was missed
		h.after(90 * time.Second)
		if c := h.runtime.Peek(id); c.State != services.ContainerRunning {
			t.Errorf("%s: the list was not looked at", c.State)
		}
	})
}
