package reconcile_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"onionbot/services"
	"onionbot/services/onionstest"
)

var (
	anns = services.Client{Person: "ann", Key: strings.Repeat("A", 52)}
	bobs = services.Client{Person: "bob", Key: strings.Repeat("B", 52)}
)

func private(clients ...services.Client) services.StartOptions {
	return services.StartOptions{Service: "site", Life: 5 * time.Hour, Clients: clients}
}

// wantAdmitted fails unless the onion is closed to all but these, was shown to be
// so, and no tor was ever given it with less than its clients.
func (h *host) wantAdmitted(clients ...services.Client) {
	h.t.Helper()
	inst := h.only()
	status, err := h.onions.Status(h.t.Context(), inst.Onion.Address)
	if err != nil || status.Admits != (services.Onion{Clients: clients}).Admits() || !status.Guarded {
		h.t.Errorf("status = %+v, %v", status, err)
	}
	for _, spec := range h.onions.Added() {
		if len(spec.Onion.Clients) == 0 {
			h.t.Error("a tor was given a private onion without its clients")
		}
	}
}

// inOrder are the calls of these kinds, without repeats.
func (h *host) inOrder(ops ...onionstest.Op) (out []onionstest.Op) {
	for _, c := range h.onions.Calls() {
		if slices.Contains(ops, c.Op) && (len(out) == 0 || out[len(out)-1] != c.Op) {
			out = append(out, c.Op)
		}
	}
	return out
}

func TestPrivateAddressIsToldOnceStrangersAreShownToBeRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.onions.Fail(onionstest.OpGuard, errors.New("nothing is known yet"))
		h.begin(private(anns))
		h.after(5 * time.Second)
		if i := h.only(); i.State == services.StateReachable || !i.ReadyAt.IsZero() {
			t.Fatalf("%s before strangers were shown to be refused", i.State)
		}
		h.onions.Fail(onionstest.OpGuard, nil)
		h.after(30 * time.Second)
		h.wantState(services.StateReachable)
		h.wantAdmitted(anns)
		if got := h.inOrder(onionstest.OpGuard, onionstest.OpProbe); len(got) < 2 || got[0] != onionstest.OpGuard || got[1] != onionstest.OpProbe {
			t.Errorf("calls: %v", got)
		}
	})
}

func TestAddressThatStrangersCanOpenIsRemovedAndItsOwnerTold(t *testing.T) {
	for name, late := range map[string]bool{"at its start": false, "after its tor was lost": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t)
				h.onions.Expose(!late)
				h.begin(private(anns))
				h.after(30 * time.Second)
				if late {
					h.wantState(services.StateReachable)
					h.onions.Expose(true)
					h.onions.Lose()
					h.after(time.Minute)
				}
				h.after(2 * time.Minute)
				h.wantState(services.StateGone)
				if n := h.onions.Addresses(); len(n) != 0 {
					t.Errorf("%d onions are left", len(n))
				}
				lost := h.said(services.KindLost)
				if len(lost) != 1 || lost[0].Args["fault"] != string(services.FaultExposed) {
					t.Errorf("told: %+v", lost)
				}
				if !late && len(h.said(services.KindReachable)) > 0 {
					t.Error("it was announced")
				}
			})
		})
	}
}

func TestPrivateAddressIsCheckedAgainAfterEveryChangeOfItsTor(t *testing.T) {
	for name, change := range map[string]func(h *host){
		"tor lost":    func(h *host) { h.onions.Lose() },
		"another bot": func(h *host) { h.kill(); h.start() },
		"both":        func(h *host) { h.kill(); h.onions.Lose(); h.start() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t)
				h.begin(private(anns, bobs))
				h.after(30 * time.Second)
				h.wantAdmitted(anns, bobs)
				address, added, guards := h.only().Onion.Address, len(h.onions.Added()), h.count(onionstest.OpGuard)
				change(h)
				h.after(2 * time.Minute)
				h.wantState(services.StateReachable)
				h.wantAdmitted(anns, bobs)
				if h.only().Onion.Address != address || len(h.onions.Added()) == added || h.count(onionstest.OpGuard) == guards {
					t.Errorf("added %d times, checked %d times", len(h.onions.Added()), h.count(onionstest.OpGuard))
				}
			})
		})
	}
}

func (h *host) count(op onionstest.Op) (n int) {
	for _, c := range h.onions.Calls() {
		if c.Op == op {
			n++
		}
	}
	return n
}

func TestWhoIsAllowedOrRevokedIsPublishedAndTheAddressStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.begin(private(anns))
		h.after(30 * time.Second)
		address := h.only().Onion.Address
		if err := h.manager.Allow(t.Context(), h.request(), "site", []services.Client{bobs}); err != nil {
			t.Fatal(err)
		}
		h.after(time.Minute)
		h.wantAdmitted(anns, bobs)
		if err := h.manager.Revoke(t.Context(), h.request(), "", []string{"bob"}); err != nil {
			t.Fatal(err)
		}
		h.after(time.Minute)
		h.wantState(services.StateReachable)
		h.wantAdmitted(anns)
		if h.only().Onion.Address != address {
			t.Error("another address")
		}
		for who, want := range map[string]services.Code{"ann": services.CodeLastClient, "bob": services.CodeNotAllowedIn} {
			if err := h.manager.Revoke(t.Context(), h.request(), "", []string{who}); services.CodeOf(err) != want {
				t.Errorf("revoke %s = %v", who, err)
			}
		}
		if n := len(h.said(services.KindDown)); n != 0 {
			t.Errorf("told %d times that it is down", n)
		}
	})
}

// The bot is cut off before and after each call to tor in turn, and another one
// takes over.
func TestPrivateAddressIsClosedAtEveryCrashPoint(t *testing.T) {
	for point := range 14 {
		for _, before := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t)
				var calls atomic.Int32
				for _, op := range []onionstest.Op{onionstest.OpPublish, onionstest.OpRemove, onionstest.OpGuard, onionstest.OpProbe, onionstest.OpStatus} {
					h.onions.Intercept(op, func(ctx context.Context, _ string) error {
						if int(calls.Add(1))-1 != point {
							return nil
						}
						go h.stop()
						if before {
							<-ctx.Done()
							return ctx.Err()
						}
						return nil
					})
				}
				h.begin(private(anns))
				h.after(10 * time.Second)
				if err := h.manager.Allow(t.Context(), h.request(), "site", []services.Client{bobs}); err != nil {
					t.Fatal(err)
				}
				h.after(10 * time.Second)
				h.kill()
				h.start()
				h.after(2 * time.Minute)
				h.wantState(services.StateReachable)
				h.wantAdmitted(anns, bobs)
			})
		}
	}
}

func TestPrivateStartTakesNoAddressThatWasPublishedOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site := *siteDefinition
		site.Warm = 1
		h := newHost(t, func(h *host) { h.site = &site })
		h.after(time.Minute)
		open := h.onions.Addresses()
		if len(open) != 1 {
			t.Fatalf("%d warm addresses", len(open))
		}
		h.begin(private(anns))
		h.after(time.Minute)
		for _, i := range h.all() {
			if i.Live() && (i.Onion.Address == open[0] || i.State != services.StateReachable) {
				t.Errorf("%s, at the address that was open: %v", i.State, i.Onion.Address == open[0])
			}
		}
	})
}
