package reconcile_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"onionbot/services"
	"onionbot/services/onionstest"
)

func TestSilenceAtTheBeginningDoesNotUseUpTheStartLimit(t *testing.T) {
	for _, what := range []string{"docker", "tor"} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t)
				h.silence(what, 200*time.Second)
				h.begin(services.StartOptions{Service: "site"})
				h.after(4 * time.Minute)
				h.wantState(services.StateReachable)
				told := 0
				for _, n := range h.said(services.KindProgress) {
					if n.Args["fault"] == what {
						told++
					}
				}
				if told != 1 {
					t.Errorf("told %d times that %s does not answer", told, what)
				}
			})
		})
	}
}

// queued makes publications wait in tor's queue for a while.
func queued(d time.Duration) func(*host) {
	return func(h *host) {
		h.onions.Intercept(onionstest.OpPublish, func(ctx context.Context, _ string) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(d):
				return nil
			}
		})
	}
}

func TestTimeInTheQueueDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, queued(20*time.Minute))
		h.begin(services.StartOptions{Service: "site"})
		h.after(21 * time.Minute)
		h.wantState(services.StateReachable)
	})
}

func TestTorThatNeverGetsReadyIsGivenUpAndNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, queued(24*time.Hour))
		h.fail("ping", services.E(services.CodeUnavailable, "what", "tor"))
		h.begin(services.StartOptions{Service: "site"})
		h.after(12 * time.Minute)
		h.wantState(services.StateGone)
		if n := h.said(services.KindUnreachable); len(n) != 1 || n[0].Args["fault"] != "tor" {
			t.Errorf("told: %+v", n)
		}
	})
}

// builds counts builds, which take a while and then end with an error or not.
type builds struct {
	n    int
	take time.Duration
	err  error
}

func (b *builds) on(h *host) {
	h.runtime.Build = func(ctx context.Context, _ *services.Definition, progress func(string)) error {
		b.n++
		for _, step := range []string{"Step 1/2", "Step 2/2"} {
			progress(step)
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(b.take / 2):
			}
		}
		return b.err
	}
}

func TestImageThatCannotBeBuiltIsGivenUp(t *testing.T) {
	for _, take := range []time.Duration{time.Second, 5 * time.Minute} {
		t.Run(take.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &builds{take: take, err: services.E(services.CodeUnavailable, "what", "image")}
				h := newHost(t, b.on)
				h.begin(services.StartOptions{Service: "site", Life: 20 * time.Hour})
				h.after(10 * time.Minute)
				h.wantState(services.StateGone)
				if b.n > 10 {
					t.Errorf("%d builds", b.n)
				}
				if n := h.said(services.KindProgress); len(n) > 4 {
					t.Errorf("told %d times", len(n))
				}
				if n := h.said(services.KindUnreachable); len(n) != 1 || n[0].Args["fault"] != "image" {
					t.Errorf("told at the end: %+v", n)
				}
			})
		})
	}
}

func TestLongBuildThatSucceedsDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &builds{take: 9 * time.Minute}
		h := newHost(t, b.on)
		h.begin(services.StartOptions{Service: "site"})
		h.after(10 * time.Minute)
		h.wantState(services.StateReachable)
	})
}

func TestImageThatVanishedUnderAnInstanceIsBuiltAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &builds{take: 2 * time.Minute}
		vanishes := false
		h := newHost(t, b.on, func(h *host) {
			h.runtime.Before = func(ctx context.Context, method, id string) error {
				if method == "Run" && vanishes { // whoever made sure of it did so from memory
					vanishes = false
					h.runtime.Forget(siteDefinition)
				}
				return h.docker(ctx, method, id)
			}
		})
		h.begin(services.StartOptions{Service: "site", Life: 20 * time.Hour})
		h.after(10 * time.Minute)
		h.wantState(services.StateReachable)
		vanishes = true
		_ = h.runtime.Crash(h.only().ID)
		h.after(2*time.Minute + 5*time.Second)
		h.wantState(services.StateReachable)
		if i := h.only(); b.n != 2 || i.Repairs != 0 {
			t.Errorf("%d builds; %d repairs are held against it", b.n, i.Repairs)
		}
	})
}

func TestImageThatCannotBeBuiltAgainIsNotTriedForALifetime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &builds{take: time.Second}
		h := newHost(t, b.on)
		h.begin(services.StartOptions{Service: "site", Life: 20 * time.Hour})
		h.after(time.Minute)
		b.err = errors.New("no mirror")
		h.runtime.Forget(siteDefinition)
		_ = h.runtime.Crash(h.only().ID)
		h.after(6 * time.Hour)
		h.wantState(services.StateGone)
		if down := h.said(services.KindDown); b.n > 15 || len(down) > 2 {
			t.Errorf("%d builds, told %d times", b.n, len(down))
		}
	})
}

func TestLimitsCountWhatIsStillBeingTakenDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		limited := &services.User{Name: "ann", Services: []string{"*"}, MaxInstances: 1}
		refused := 0
		for range 200 {
			req := h.request()
			req.User = limited
			err := h.manager.Start(t.Context(), req, services.StartOptions{Service: "site"})
			switch {
			case err == nil:
			case errors.Is(err, services.E(services.CodeTooMany)):
				refused++
				if e := new(services.Error); !errors.As(err, &e) || e.Args["ending"] != "1" {
					t.Fatalf("refused with %v", err)
				}
			default:
				t.Fatal(err)
			}
			req = h.request()
			req.User = limited
			_ = h.manager.Stop(t.Context(), req, "site")
			if n := h.unfinished(); n > 1 {
				t.Fatalf("%d at once", n)
			}
			h.after(50 * time.Millisecond)
		}
		if refused == 0 || refused > 199 {
			t.Errorf("%d of 200 were refused", refused)
		}
	})
}

// unfinished is how many instances have not ended.
func (h *host) unfinished() int {
	n := 0
	for _, i := range h.all() {
		if !i.Ended() {
			n++
		}
	}
	return n
}
