package reconcile_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"onionbot/services"
)

func TestWhatDiesIsRepairedAndTheOwnerTold(t *testing.T) {
	tests := map[string]func(h *host, i *services.Instance){
		"the app ends":   func(h *host, i *services.Instance) { _ = h.runtime.Crash(i.ID) },
		"tor restarts":   func(h *host, i *services.Instance) { h.onions.Lose() },
		"does not open":  func(h *host, i *services.Instance) { h.breakProbes(20 * time.Minute) },
		"engine is gone": func(h *host, i *services.Instance) { h.silence("docker", time.Minute); _ = h.runtime.Crash(i.ID) },
		"tor is silent":  func(h *host, i *services.Instance) { h.silence("tor", 5*time.Minute) },
	}
	for name, hurt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t)
				h.begin(services.StartOptions{Service: "site", Life: 20 * time.Hour})
				h.after(10 * time.Second)
				address := h.only().Onion.Address
				h.slow(5 * time.Second)
				hurt(h, h.only())
				h.after(15 * time.Minute)
				down := h.notices()[services.KindDown]
				h.after(30 * time.Minute)
				h.wantState(services.StateReachable)
				if n := h.notices(); down != 1 || n[services.KindDown] != 1 || n[services.KindBack] != 1 {
					t.Errorf("told %d times that it is down, then %v", down, n)
				}
				if got := h.only().Onion.Address; got != address || h.most > 1 || h.doubled {
					t.Errorf("address %s became %s; %d containers at once; doubled %t", address, got, h.most, h.doubled)
				}
			})
		})
	}
}

func TestWhatCannotBeReachedIsRemovedAndSaid(t *testing.T) {
	tests := map[string]func(h *host){
		"never opens":    func(h *host) { h.breakProbes(time.Hour) },
		"no engine":      func(h *host) { h.silence("docker", 20*time.Minute) },
		"no tor":         func(h *host) { h.silence("tor", 20*time.Minute) },
		"engine refuses": func(h *host) { h.fail("Run", errors.New("no space")) },
		"engine hangs":   func(h *host) { h.slow(time.Hour) },
	}
	for name, hurt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t)
				hurt(h)
				h.begin(services.StartOptions{Service: "site"})
				h.after(13 * time.Minute)
				i := h.only()
				if i.Desired != services.DesiredGone || i.Reason != services.ReasonUnreachable {
					t.Fatalf("after thirteen minutes: %+v", i)
				}
				h.slow(0)
				h.after(10 * time.Minute)
				h.wantState(services.StateGone)
				h.wantNothingLeft()
				if n := h.notices(); n[services.KindUnreachable] != 1 {
					t.Errorf("told %v", n)
				}
			})
		})
	}
}

func TestFullDiskDoesNotProlongALife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.begin(services.StartOptions{Service: "site", Life: time.Hour})
		h.after(10 * time.Second)
		h.diskFull.Store(true)
		h.after(time.Hour + time.Minute)
		h.wantNothingLeft()
		if h.reconciler.Health(t.Context()).Disk == "" {
			t.Error("health does not name the disk")
		}
		h.diskFull.Store(false)
		h.after(time.Minute)
		h.wantState(services.StateGone)
	})
}
