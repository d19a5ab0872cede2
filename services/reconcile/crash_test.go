package reconcile_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"onionbot/services"
)

// crashing makes every app end by itself a while after its start.
func crashing(after time.Duration) func(*host) {
	return func(h *host) {
		h.runtime.After = func(_ context.Context, method, id string) error {
			if method == "Run" {
				time.AfterFunc(after, func() { _ = h.runtime.Crash(id) })
			}
			return nil
		}
	}
}

func TestAppThatCrashesAfterItsStartIsGivenUpAndItsOwnerReadsWhy(t *testing.T) {
	for name, after := range map[string]time.Duration{"before it is reachable": 200 * time.Millisecond, "once it is": 5 * time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t, crashing(after))
				h.begin(services.StartOptions{Service: "site", Life: 20 * time.Hour})
				h.after(time.Hour)
				i := h.only()
				if runs := h.runtime.Runs(i.ID); runs > 15 || runs < 4 {
					t.Errorf("started %d times in an hour", runs)
				}
				if i.State != services.StateGone {
					t.Fatalf("%s after an hour", i.State)
				}
				last := append(h.said(services.KindLost), h.said(services.KindUnreachable)...)
				if len(last) != 1 || last[0].Args["exit"] != "3" {
					t.Errorf("the last word: %+v", last)
				}
				told := append(h.said(services.KindDown), h.said(services.KindProgress)...)
				if !slices.ContainsFunc(told, func(n *services.Notice) bool { return n.Args["exit"] == "3" }) {
					t.Errorf("nobody was told of the exit: %+v", told)
				}
				if n := len(told) + len(h.said(services.KindBack)); n > 5 {
					t.Errorf("told %d times", n)
				}
			})
		})
	}
}

func TestAppThatEndsNowAndThenIsKeptForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, crashing(90*time.Minute))
		h.begin(services.StartOptions{Service: "site", Life: 23 * time.Hour})
		h.after(22 * time.Hour)
		h.wantState(services.StateReachable)
		if i := h.only(); i.Repairs != 0 {
			t.Errorf("%d repairs are held against it", i.Repairs)
		}
	})
}

func TestDeathsOfTheEngineAreNotHeldAgainstTheApp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.begin(services.StartOptions{Service: "site", Life: 23 * time.Hour})
		h.after(10 * time.Second)
		for deaths := 0; deaths < 20; {
			if h.runtime.Kill(h.only().ID) == nil { // else it waits for its next start
				deaths++
			}
			h.after(20 * time.Second) // less than an app must run to count as mended
		}
		h.after(20 * time.Minute)
		h.wantState(services.StateReachable)
	})
}

func TestRepairsThatHeldAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.begin(services.StartOptions{Service: "site", Life: 23 * time.Hour, Rules: services.Rules{Visits: 50}})
		h.after(10 * time.Second)
		for range 15 { // two in a row each time, and then it holds
			for range 2 {
				if err := h.runtime.Crash(h.only().ID); err != nil {
					t.Fatal(err)
				}
				h.after(10 * time.Second)
			}
			h.after(5 * time.Minute)
		}
		h.wantState(services.StateReachable)
	})
}

func TestContainerOfNoUseIsReplaced(t *testing.T) {
	for name, hurt := range map[string]func(h *host, id string) error{
		"paused":  func(h *host, id string) error { return h.runtime.Pause(id) },
		"hung":    func(h *host, id string) error { return h.runtime.Hang(id) },
		"unknown": func(h *host, id string) error { return h.runtime.Blur(id) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t)
				h.begin(services.StartOptions{Service: "site", Life: 20 * time.Hour})
				h.after(10 * time.Second)
				id := h.only().ID
				if err := hurt(h, id); err != nil {
					t.Fatal(err)
				}
				h.after(20 * time.Second) // it may only be slow
				if err := h.runtime.Resume(id); err != nil {
					t.Fatal(err)
				}
				h.after(2 * time.Minute)
				if runs := h.runtime.Runs(id); runs != 1 {
					t.Fatalf("replaced although it came back: %d runs", runs)
				}
				if err := hurt(h, id); err != nil {
					t.Fatal(err)
				}
				h.after(time.Minute)
				h.wantState(services.StateReachable)
				if c, runs := h.runtime.Peek(id), h.runtime.Runs(id); c.State != services.ContainerRunning || runs != 2 {
					t.Errorf("%s after %d runs", c.State, runs)
				}
			})
		})
	}
}

func TestOneContainerThatCannotBeDescribedKeepsNoOrphan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.begin(services.StartOptions{Service: "site", Life: 20 * time.Hour})
		h.after(10 * time.Second)
		_ = h.runtime.Blur(h.only().ID)
		for _, id := range []string{"orphanorphan", "orphanorpham"} {
			h.runtime.Add(services.Container{ID: id, State: services.ContainerRunning, Deadline: h.now().Add(time.Hour)})
		}
		_ = h.runtime.Blur("orphanorpham")
		h.after(90 * time.Second)
		if all := h.runtime.All(); len(all) != 1 {
			t.Errorf("left: %v", all)
		}
	})
}

func TestVisitorsWhoTakeEveryPlaceCauseNoRepair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.begin(services.StartOptions{Service: "site", Life: 20 * time.Hour})
		h.after(10 * time.Second)
		h.fail("probe", services.Wrap(services.CodeBusy, errors.New("refused")))
		h.after(6 * time.Hour)
		h.wantState(services.StateReachable)
		if n, down := h.called("publish"), h.said(services.KindDown); n != 1 || len(down) != 0 {
			t.Errorf("published %d times, told %d times that it is down", n, len(down))
		}
		if n := h.called("probe"); n > 800 {
			t.Errorf("%d probes in six hours", n)
		}
	})
}
