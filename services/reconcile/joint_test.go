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

var shellDefinition = &services.Definition{
	Name: "ssh", Ports: []services.Port{{Onion: 22, App: 8080}}, Probe: services.ProbeSSH, DefaultLife: time.Hour, MaxLife: 48 * time.Hour,
}

// withBoth offers a site and a shell.
func withBoth(h *host) { h.defs = []*services.Definition{siteDefinition, shellDefinition} }

// beginCamp starts both behind one address and waits until it is reachable.
func beginCamp(t *testing.T, life time.Duration) *host {
	h := newHost(t, withBoth)
	h.begin(services.StartOptions{Service: "ssh+site", Name: "camp", Life: life})
	h.after(10 * time.Second)
	h.wantState(services.StateReachable)
	return h
}

// wantBoth sees that both containers run, until the deadline of the row.
func (h *host) wantBoth() {
	h.t.Helper()
	h.wantState(services.StateReachable)
	i := h.only()
	if all := h.runtime.All(); len(all) != 2 {
		h.t.Errorf("%d containers", len(all))
	}
	for _, id := range i.Containers() {
		if c := h.runtime.Peek(id); c.State != services.ContainerRunning || !c.Deadline.Equal(i.ExpiresAt) {
			h.t.Errorf("%s: %s until %v, its row says %v", id, c.State, c.Deadline, i.ExpiresAt)
		}
	}
}

func TestSeveralServicesLiveAndEndAsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := beginCamp(t, time.Hour)
		h.wantBoth()
		i := h.only()
		spec, _ := h.onions.Spec(i.Onion.Address)
		if len(spec.Targets) != 2 || spec.Targets[0].Socket == spec.Targets[1].Socket {
			t.Errorf("targets %+v", spec.Targets)
		}
		if site, shell := h.runtime.Spec(i.ID), h.runtime.Spec(i.ID+"-2"); site.ContentDir == "" || shell.ContentDir != "" || shell.Definition.Name != "ssh" {
			t.Error("what was sent is not where it belongs")
		}
		if err := h.manager.Extend(t.Context(), h.request(), "camp", time.Hour); err != nil {
			t.Fatal(err)
		}
		h.after(time.Second)
		h.wantBoth()
		h.after(2*time.Hour + time.Minute)
		h.wantState(services.StateGone)
		h.wantNothingLeft()
		if n := h.notices(); n[services.KindStarted] != 1 || n[services.KindGone] != 1 {
			t.Errorf("told %v", n)
		}
	})
}

func TestOneServiceOfSeveralIsRepairedAlone(t *testing.T) {
	for name, hurt := range map[string]func(h *host, id string) error{
		"ended":   func(h *host, id string) error { return h.runtime.Crash(id) },
		"killed":  func(h *host, id string) error { return h.runtime.Kill(id) },
		"removed": func(h *host, id string) error { return h.runtime.Remove(context.Background(), id) },
		"paused":  func(h *host, id string) error { return h.runtime.Pause(id) },
		"hung":    func(h *host, id string) error { return h.runtime.Hang(id) },
	} {
		for n := range 2 {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					h := beginCamp(t, 20*time.Hour)
					ids, address := h.only().Containers(), h.only().Onion.Address
					if err := hurt(h, ids[n]); err != nil {
						t.Fatal(err)
					}
					h.after(3 * time.Minute)
					h.wantBoth()
					if got := h.runtime.Runs(ids[n]); got != 2 {
						t.Errorf("it was run %d times", got)
					}
					if got := h.runtime.Runs(ids[1-n]); got != 1 {
						t.Errorf("the other one was run %d times", got)
					}
					if got := h.only().Onion.Address; got != address || h.most > 1 || h.doubled {
						t.Errorf("address %s became %s; %d containers at once; doubled %t", address, got, h.most, h.doubled)
					}
				})
			})
		}
	}
}

func TestAnAddressIsReachableOnlyWithAllItsServices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, withBoth)
		h.onions.Reach(func(_ string, port int) error {
			if port == 22 {
				return errors.New("no answer")
			}
			return nil
		})
		h.begin(services.StartOptions{Service: "site+ssh"})
		h.after(time.Minute)
		h.wantState(services.StatePublishing)
		h.onions.Reach(h.serves)
		h.after(time.Minute)
		h.wantBoth()
	})
}

func TestBotThatDiesAmongSeveralServicesLosesNone(t *testing.T) {
	for at := time.Duration(0); at < 3*time.Second; at += 100 * time.Millisecond {
		t.Run(at.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t, withBoth)
				refused := false
				h.runtime.After = func(_ context.Context, method, id string) error {
					if second := len(id) > 12; method == "Run" && second && !refused {
						refused = true
						return errors.New("half an answer")
					}
					return nil
				}
				h.begin(services.StartOptions{Service: "site+ssh", Life: time.Hour})
				time.Sleep(at)
				h.kill()
				h.start()
				h.after(30 * time.Second)
				h.wantBoth()
				if err := h.manager.Stop(t.Context(), h.request(), ""); err != nil {
					t.Fatal(err)
				}
				time.Sleep(at)
				h.kill()
				h.start()
				h.after(30 * time.Second)
				h.wantState(services.StateGone)
				h.wantNothingLeft()
			})
		})
	}
}

func TestServicesOfADeadBotEndAtTheirDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := beginCamp(t, time.Hour)
		h.kill()
		h.after(61 * time.Minute)
		for _, id := range h.only().Containers() {
			if c, _ := h.runtime.Inspect(t.Context(), id); c.Exit != services.ExitDeadline {
				t.Errorf("%s is %s, exit %q", id, c.State, c.Exit)
			}
		}
		h.start()
		h.after(20 * time.Second)
		h.wantState(services.StateGone)
		h.wantNothingLeft()
	})
}

func TestContainersBesideAnInstanceThatKnowsNoneAreOrphans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := beginCamp(t, time.Hour)
		id := h.only().ID
		for _, more := range []string{id + "-3", "orphanorphan-2"} {
			h.runtime.Add(services.Container{ID: more, State: services.ContainerRunning, Deadline: h.now().Add(time.Hour)})
		}
		h.after(2 * time.Minute)
		h.wantBoth()
		if n := h.runtime.Runs(id); n != 1 {
			t.Errorf("run %d times", n)
		}
	})
}

func TestSeveralServicesWhoseDefinitionHasLeftGoOnUntilTheyBreak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := beginCamp(t, 20*time.Hour)
		h.kill()
		h.defs = []*services.Definition{siteDefinition}
		h.start()
		h.after(30 * time.Minute)
		h.wantBoth()
		_ = h.runtime.Crash(h.only().ID + "-2")
		h.after(time.Minute)
		h.wantState(services.StateGone)
		h.wantNothingLeft()
		if last := h.said(services.KindLost); len(last) != 1 || last[0].Args["fault"] != string(services.FaultUnlisted) {
			t.Errorf("the last word: %+v", last)
		}
	})
}

func TestOneServiceThatIsNotSafeEndsAllAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, withBoth)
		h.runtime.After = func(_ context.Context, method, id string) error {
			switch {
			case method != "Run":
				return nil
			case id == services.InstanceOf(id):
				return services.E(services.CodeReadOnlyState) // this comes first, and is tried again
			}
			return unsafeError()
		}
		h.begin(services.StartOptions{Service: "site+ssh"})
		id := h.only().ID
		h.after(time.Minute)
		h.wantState(services.StateGone)
		h.wantNothingLeft()
		if n := h.runtime.Runs(id + "-2"); n != 1 {
			t.Errorf("run %d times", n)
		}
	})
}

func TestServicesAreJoinedWhenTheirPortsAreKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		image := &services.Definition{Name: "image", DefaultLife: time.Hour, MaxLife: 48 * time.Hour}
		h := newHost(t, func(h *host) { h.defs = []*services.Definition{image, siteDefinition} })
		h.runtime.Says.Ports = []int{6667}
		start := func() error {
			return h.manager.Start(t.Context(), h.request(), services.StartOptions{Service: "image+site", Life: 20 * time.Hour})
		}
		if err := start(); !services.IsCode(err, services.CodePortsUnknown) {
			t.Fatalf("its ports are not known: %v", err)
		}
		h.begin(services.StartOptions{Service: "image", Life: 2 * time.Minute})
		h.after(time.Minute)
		if err := start(); err != nil {
			t.Fatal(err)
		}
		h.after(10 * time.Minute)
		live := func() *services.Instance {
			all := slices.DeleteFunc(h.all(), func(i *services.Instance) bool { return !i.Live() })
			if len(all) != 1 || all[0].State != services.StateReachable {
				t.Fatalf("%d live: %+v", len(all), all[0])
			}
			return all[0]
		}
		i := live()
		h.kill()
		h.onions.Lose() // and the next bot has not asked the image yet
		h.start()
		h.after(time.Minute)
		if spec, _ := h.onions.Spec(live().Onion.Address); len(spec.Targets) != 2 || h.runtime.Runs(i.ID) != 1 {
			t.Errorf("published with %+v", spec.Targets)
		}
	})
}

func TestPlacesAreCountedByContainer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := beginCamp(t, time.Hour) // two of ann's three places
		begin := func(service string) error {
			return h.manager.Start(t.Context(), h.request(), services.StartOptions{Service: service, Name: "more"})
		}
		var e *services.Error
		if err := begin("site+ssh"); !errors.As(err, &e) || e.Code != services.CodeTooMany || e.Args["needs"] != "2" || e.Args["have"] != "2" {
			t.Errorf("two more: %v", err)
		}
		if err := begin("site"); err != nil {
			t.Errorf("one more: %v", err)
		}
		if err := h.manager.StopAll(t.Context(), h.request(), "ssh"); err != nil {
			t.Fatal(err)
		}
		h.after(20 * time.Second)
		live := slices.DeleteFunc(h.all(), func(i *services.Instance) bool { return !i.Live() })
		if len(live) != 1 || live[0].Name != "more" {
			t.Errorf("after an end to all that run ssh, %d live", len(live))
		}
	})
}
