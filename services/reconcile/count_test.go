package reconcile_test

import (
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"onionbot/services"
)

var shareDefinition = &services.Definition{
	Name: "share", Ports: []services.Port{{Onion: 80, App: 8080}}, Probe: services.ProbeHTTP, Counts: "download",
	DefaultLife: 10 * time.Hour, MaxLife: 48 * time.Hour,
}

// newShareHost is a host on which a share is reachable.
func newShareHost(t *testing.T, rules services.Rules) *host {
	h := newHost(t, func(h *host) { h.site = shareDefinition })
	h.begin(services.StartOptions{Service: "share", Rules: rules})
	h.after(time.Minute)
	h.wantState(services.StateReachable)
	return h
}

// counted is what the owner was told, as "from-to of".
func (h *host) counted() (all []string) {
	for _, n := range h.said(services.KindCounted) {
		all = append(all, fmt.Sprintf("%s-%s of %s", n.Args["from"], n.Args["to"], n.Args["of"]))
	}
	return all
}

func TestTheOwnerIsToldOfEachDownloadOnceWhateverFallsInBetween(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newShareHost(t, services.Rules{Visits: 5})
		_ = h.runtime.Count(h.only().ID)
		h.after(time.Second)
		if got := fmt.Sprint(h.counted()); got != "[0-1 of 5]" {
			t.Fatal(got)
		}
		h.kill()
		_ = h.runtime.Count(h.only().ID) // while no bot runs
		h.start()
		h.after(time.Minute)
		h.kill()
		h.start()
		h.after(time.Hour)
		if got := fmt.Sprint(h.counted()); got != "[0-1 of 5 1-2 of 5]" {
			t.Error(got)
		}
		if said := h.said(services.KindCounted)[0]; said.Args["counts"] != "download" || !said.Alert {
			t.Errorf("%+v", said)
		}
	})
}

func TestTheLastDownloadIsToldBeforeTheEnd(t *testing.T) {
	for name, last := range map[string]func(h *host){
		"seen in time": func(h *host) { _ = h.runtime.Count(h.only().ID) },
		"seen when it has ended": func(h *host) {
			h.kill()
			_ = h.runtime.Count(h.only().ID)
			h.after(time.Minute)
			h.start()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newShareHost(t, services.Rules{Visits: 1})
				last(h)
				h.after(5 * time.Minute)
				h.wantState(services.StateGone)
				if got := fmt.Sprint(h.counted()); got != "[0-1 of 1]" {
					t.Error(got)
				}
				var order []services.Kind
				for _, n := range h.words {
					if n.Kind == services.KindCounted || n.Kind == services.KindGone {
						order = append(order, n.Kind)
					}
				}
				if fmt.Sprint(order) != "[counted gone]" || h.only().Reason != services.ReasonVisits {
					t.Errorf("%v, %s", order, h.only().Reason)
				}
			})
		})
	}
}

func TestADownloadBeforeAStopIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newShareHost(t, services.Rules{})
		_ = h.runtime.Count(h.only().ID)
		h.after(time.Second)
		_ = h.runtime.Count(h.only().ID) // told later, since one was told just now
		if err := h.manager.Stop(t.Context(), h.request(), "share"); err != nil {
			t.Fatal(err)
		}
		h.after(time.Minute)
		if got := fmt.Sprint(h.counted()); got != "[0-1 of 0 1-2 of 0]" {
			t.Error(got)
		}
	})
}

func TestManyDownloadsAreToldTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newShareHost(t, services.Rules{})
		for range 3600 {
			_ = h.runtime.Count(h.only().ID)
			h.after(time.Second)
		}
		h.after(10 * time.Minute)
		all := h.said(services.KindCounted)
		last := 0
		for _, n := range all {
			from, _ := strconv.Atoi(n.Args["from"])
			if from != last {
				t.Errorf("from %d after %d", from, last)
			}
			last, _ = strconv.Atoi(n.Args["to"])
		}
		if last != 3600 || len(all) > 25 {
			t.Errorf("%d downloads in %d messages", last, len(all))
		}
	})
}

// TestOpeningAShareIsNoDownload: what counts by itself is watched like anything else.
func TestOpeningAShareIsNoDownload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newShareHost(t, services.Rules{Visits: 1})
		h.after(time.Hour)
		h.wantState(services.StateReachable)
		if checked := h.now().Sub(h.only().CheckedAt); checked > 10*time.Minute {
			t.Errorf("it was opened last %v ago", checked)
		}
		if got := h.counted(); len(got) != 0 {
			t.Error(got)
		}
	})
}

func TestAStoreThatRefusesDoesNotLoseADownload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newShareHost(t, services.Rules{Visits: 9})
		h.diskFull.Store(true)
		_ = h.runtime.Count(h.only().ID)
		h.after(time.Minute)
		h.diskFull.Store(false)
		h.after(5 * time.Minute)
		if got := fmt.Sprint(h.counted()); got != "[0-1 of 9]" {
			t.Error(got)
		}
	})
}
