package reconcile_test

import (
	"testing"
	"testing/synctest"
	"time"

	"onionbot/services"
)

func TestSecretsStayWithTheirInstanceAndGoWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site := *siteDefinition
		site.Secrets = []string{"admin"}
		h := newHost(t, func(h *host) { h.site = &site })
		h.begin(services.StartOptions{Service: "site", Name: "one", Life: time.Hour})
		h.begin(services.StartOptions{Service: "site", Name: "two", Life: time.Hour})
		h.after(5 * time.Second)
		seen := make(map[services.Secret]bool)
		for _, i := range h.all() {
			spec := h.runtime.Spec(i.ID)
			seen[i.Secrets["admin"]] = true
			if i.Secrets["admin"] == "" || spec.Secrets["admin"] != i.Secrets["admin"] || spec.Address != i.Onion.Address {
				t.Errorf("the container of %s was made from other secrets or another address", i.Name)
			}
		}
		if len(seen) != 2 {
			t.Error("two instances share a secret")
		}

		one := h.all()[0]
		if err := h.runtime.Crash(one.ID); err != nil {
			t.Fatal(err)
		}
		h.kill()
		site.Secrets = []string{"admin", "guest"} // the operator has changed the service
		h.start()
		h.after(time.Minute)
		spec := h.runtime.Spec(one.ID)
		if spec.Secrets["admin"] != one.Secrets["admin"] || spec.Secrets["guest"] == "" || spec.Secrets["guest"] != h.all()[0].Secrets["guest"] {
			t.Error("another container of the instance has other secrets")
		}
		h.after(2 * time.Hour)
		for _, i := range h.all() {
			if !i.Ended() || len(i.Secrets) > 0 {
				t.Errorf("%s in state %s still has %d secrets", i.ID, i.State, len(i.Secrets))
			}
		}
	})
}

func TestPortsThatTheImageSaysArePublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site := *siteDefinition
		site.Ports, site.Probe = nil, ""
		h := newHost(t, func(h *host) { h.site = &site })
		h.runtime.Says.Ports = []int{6667, 8080}
		h.begin(services.StartOptions{Service: "site", Life: time.Hour})
		h.after(5 * time.Second)
		h.wantState(services.StateReachable)
		spec, _ := h.onions.Spec(h.only().Onion.Address)
		if len(spec.Targets) != 2 || spec.Targets[0].Port != 80 || spec.Targets[1].Port != 6667 {
			t.Errorf("published %+v", spec.Targets)
		}
	})
}
