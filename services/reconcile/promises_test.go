package reconcile_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"onionbot/services"
	"onionbot/services/onionstest"
	"onionbot/services/wallclock"
)

func TestAnEndThatTheShimReportsIsAnEnd(t *testing.T) {
	for name, diskFull := range map[string]bool{"row can be written": false, "disk is full": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t)
				h.begin(services.StartOptions{Service: "site", Life: time.Hour})
				h.after(10 * time.Second)
				id := h.only().ID
				h.kill()
				if err := h.runtime.Exit(id, services.ExitDeadline); err != nil { // at the true deadline
					t.Fatal(err)
				}
				h.skew.Store(int64(-3 * time.Hour)) // then the machine's clock is set back
				h.diskFull.Store(diskFull)
				h.start()
				h.after(10 * time.Minute)
				if runs := h.runtime.Runs(id); runs != 1 {
					t.Fatalf("it lived %d times", runs)
				}
				if n := len(h.onions.Addresses()); n != 0 {
					t.Errorf("%d onions are left", n)
				}
				h.diskFull.Store(false)
				h.after(2 * time.Minute)
				h.wantState(services.StateGone)
				if i := h.only(); i.Reason != services.ReasonExpired {
					t.Errorf("reason %q", i.Reason)
				}
			})
		})
	}
}

// withWallClock gives the bot the clock that it has in production.
func withWallClock(h *host) {
	boot := time.Now()
	h.clock = wallclock.From(h.now, func() time.Duration { return time.Since(boot) })
}

func TestClockThatWasSetForwardIsSaidToTheOwner(t *testing.T) {
	for name, jump := range map[string]time.Duration{"set forward": 2 * time.Hour, "left alone": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t, withWallClock)
				h.begin(services.StartOptions{Service: "site", Life: time.Hour})
				h.after(10 * time.Second)
				h.skew.Store(int64(jump))
				h.after(61 * time.Minute)
				n := h.said(services.KindGone)
				if len(n) != 1 {
					t.Fatalf("told %d times", len(n))
				}
				want := ""
				if jump > 0 {
					want = jump.String()
				}
				if got := n[0].Args["early"]; got != want {
					t.Errorf("early by %q, want %q", got, want)
				}
			})
		})
	}
}

func TestClockThatWasSetBackShowsInTheHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, withWallClock)
		if s := h.reconciler.Health(t.Context()).Clock; s != "" {
			t.Errorf("at first: %q", s)
		}
		h.skew.Store(int64(-90 * time.Minute))
		h.after(time.Minute)
		if s := h.reconciler.Health(t.Context()).Clock; !strings.Contains(s, "1h30m0s") {
			t.Errorf("set back: %q", s)
		}
		h.skew.Store(0)
		h.after(time.Minute)
		if s := h.reconciler.Health(t.Context()).Clock; s != "" {
			t.Errorf("corrected: %q", s)
		}
	})
}

func TestOnlyADefiniteAnswerIsCalledChecked(t *testing.T) {
	hang := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	for name, tt := range map[string]struct {
		answer  func(ctx context.Context) error
		checked bool
	}{
		"closed":    {func(context.Context) error { return services.E(services.CodeClosed) }, true},
		"no answer": {hang, false},
		"slow":      {func(context.Context) error { return errors.New("rendezvous timed out") }, false},
		"busy":      {func(context.Context) error { return services.E(services.CodeBusy) }, false},
		"no tor":    {func(context.Context) error { return services.E(services.CodeUnavailable, "what", "tor") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t)
				h.begin(services.StartOptions{Service: "site", Life: time.Hour})
				h.after(10 * time.Second)
				h.onions.Intercept(onionstest.OpProbe, func(ctx context.Context, _ string) error { return tt.answer(ctx) })
				if err := h.manager.Stop(t.Context(), h.request(), "site"); err != nil {
					t.Fatal(err)
				}
				h.after(2 * time.Minute)
				h.wantState(services.StateGone)
				n := h.said(services.KindGone)
				if len(n) != 1 || (n[0].Args["checked"] != "") != tt.checked {
					t.Errorf("told: %+v", n[0].Args)
				}
			})
		})
	}
}

func TestScrubThatFailsIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failures := 5
		h := newHost(t, func(h *host) {
			fail := h.store.Fail
			h.store.Fail = func(op string) error {
				if op == "Scrub" && failures > 0 {
					failures--
					return errors.New("disk full")
				}
				return fail(op)
			}
		})
		h.after(2 * time.Minute)
		if n := h.store.Scrubs(); failures != 0 || n != 1 {
			t.Errorf("%d failures to come, %d scrubs", failures, n)
		}
	})
}

func TestServiceThatLeftTheCatalogueGoesOnUntilItsEnd(t *testing.T) {
	other := &services.Definition{Name: "other", Ports: siteDefinition.Ports, Probe: services.ProbeHTTP}
	begin := func(t *testing.T) *host {
		h := newHost(t)
		h.begin(services.StartOptions{Service: "site", Life: 10 * time.Hour})
		h.after(10 * time.Second)
		h.kill()
		h.defs = []*services.Definition{other}
		h.start()
		h.after(3 * time.Hour)
		h.wantState(services.StateReachable)
		return h
	}
	t.Run("more and end", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := begin(t)
			if err := h.manager.Extend(t.Context(), h.request(), "site", time.Hour); err != nil {
				t.Fatal(err)
			}
			if err := h.manager.Extend(t.Context(), h.request(), "site", 24*time.Hour); !services.IsCode(err, services.CodeTooLong) {
				t.Errorf("beyond the user's own limit: %v", err)
			}
			h.after(8*time.Hour - 5*time.Minute)
			h.wantState(services.StateReachable)
			h.after(10 * time.Minute)
			h.wantState(services.StateGone)
			if down := h.said(services.KindDown); len(down) != 0 || h.only().Reason != services.ReasonExpired {
				t.Errorf("called down %d times, ended as %s", len(down), h.only().Reason)
			}
		})
	})
	t.Run("stop", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := begin(t)
			if err := h.manager.Stop(t.Context(), h.request(), "site"); err != nil {
				t.Fatal(err)
			}
			h.after(time.Minute)
			h.wantState(services.StateGone)
			h.wantNothingLeft()
			if n := h.said(services.KindGone); len(n) != 1 || n[0].Args["checked"] == "" {
				t.Errorf("told: %+v", n)
			}
		})
	})
	t.Run("crash", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := begin(t)
			_ = h.runtime.Crash(h.only().ID)
			h.after(time.Minute)
			h.wantState(services.StateGone)
			if n := h.said(services.KindLost); len(n) != 1 || n[0].Args["fault"] != string(services.FaultUnlisted) {
				t.Errorf("told: %+v", n)
			}
		})
	})
}
