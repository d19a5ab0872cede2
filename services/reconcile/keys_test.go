package reconcile_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"onionbot/services"
)

func TestKeysThatChangeReachWhatRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shell := *siteDefinition
		shell.NeedsSSHKeys = true
		h := newHost(t, func(h *host) { h.site = &shell })
		give := func(keys ...string) {
			h.owner.Store(&services.User{Name: "ann", Services: []string{"*"}, MaxInstances: 5, SSHKeys: keys})
		}
		give("ssh-ed25519 A")
		h.begin(services.StartOptions{Service: "site", Life: 5 * time.Hour})
		h.after(3 * time.Second)
		h.wantState(services.StateReachable)
		id := h.only().ID
		for _, keys := range [][]string{{"ssh-ed25519 A", "ssh-ed25519 B"}, {"ssh-ed25519 B"}, nil} {
			give(keys...)
			h.reconciler.Notify(id)
			h.after(time.Second)
			if got := h.runtime.Keys(id); !slices.Equal(got, keys) {
				t.Errorf("the container lets in %q, want %q", got, keys)
			}
		}
		give("ssh-ed25519 C")
		h.kill()
		h.start()
		h.after(time.Second)
		if got := h.runtime.Keys(id); !slices.Equal(got, []string{"ssh-ed25519 C"}) {
			t.Errorf("a key that was given while the bot was down: %q", got)
		}
	})
}
