package services_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"onionbot/services"
	"onionbot/services/storetest"
)

// host is an engine on a machine that exists in memory only: Docker and tor
// are [machine], the store is storetest's.
type host struct {
	*machine
	t          *testing.T
	store      services.Store
	manager    *services.Manager
	reconciler *services.Reconciler
	policy     services.Policy
	site       *services.Definition // siteDefinition if nil
	stop       context.CancelFunc
	stopped    chan struct{}
	messages   int
	diskFull   atomic.Bool
	sentMu     sync.Mutex
	sent       map[services.Kind]int
	skew       atomic.Int64 // how far the wall clock was set, in nanoseconds
}

var siteDefinition = &services.Definition{
	Name: "site", Ports: []services.Port{{Onion: 80, App: 8080}}, Probe: services.ProbeHTTP,
	DefaultLife: 2 * time.Hour, MaxLife: 48 * time.Hour, Content: "/srv/content",
}

var ann = &services.User{Name: "ann", Services: []string{"*"}, MaxInstances: 3, MaxLife: 24 * time.Hour}

type silent struct{}

func (silent) Poke() {}

func newHost(t *testing.T) *host {
	h := &host{machine: newMachine(), t: t, policy: services.DefaultPolicy(), sent: make(map[services.Kind]int)}
	memory := storetest.NewMemory()
	memory.Fail = func(op string) error {
		if op == "Commit" && h.diskFull.Load() {
			return services.Wrap(services.CodeReadOnlyState, errors.New("disk full"))
		}
		return nil
	}
	h.store = memory
	h.start()
	t.Cleanup(func() { h.kill() })
	return h
}

// start starts a bot on the machine, as after a crash of the one before.
func (h *host) start() {
	ctx, cancel := context.WithCancel(context.Background())
	clock := services.ClockFunc(h.now)
	keyring, catalog, contents := services.NewKeyring(), services.NewCatalog([]*services.Definition{cmp.Or(h.site, siteDefinition)}), &contents{}
	h.reconciler = services.NewReconciler(services.ReconcilerOptions{
		Store: h.store, Runtime: h.machine, Onions: (*onions)(h.machine), Catalog: catalog, Contents: contents, Policy: h.policy,
		Clock: clock, Log: slog.New(slog.DiscardHandler), Keyring: keyring, Outbox: silent{},
		User: func(string) *services.User { return ann },
	})
	h.manager = services.NewManager(services.ManagerOptions{
		Store: h.store, Catalog: catalog, Policy: h.policy, Clock: clock, Log: slog.New(slog.DiscardHandler),
		Keyring: keyring, NewOnion: (*onions)(h.machine).NewOnion, Contents: contents,
		Engine: h.reconciler, Outbox: silent{}, Health: h.reconciler,
	})
	h.stop, h.stopped = cancel, make(chan struct{})
	go func() { defer close(h.stopped); h.reconciler.Run(ctx) }()
	go h.send(ctx)
	synctest.Wait()
}

func (h *host) kill() {
	h.stop()
	<-h.stopped
}

func (h *host) request() services.Request {
	h.messages++
	return services.Request{
		User: ann, Network: "console", MessageID: fmt.Sprint(h.messages),
		Route: services.Route{Network: "console", Account: "1"},
	}
}

func (h *host) begin(opts services.StartOptions) {
	h.t.Helper()
	if err := h.manager.Start(context.Background(), h.request(), opts); err != nil {
		h.t.Fatalf("start: %v", err)
	}
}

// after lets time pass until everything has come to rest again.
func (h *host) after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (h *host) all() []*services.Instance {
	h.t.Helper()
	var out []*services.Instance
	err := h.store.View(context.Background(), func(tx services.Tx) error {
		var err error
		out, err = tx.Instances(services.InstanceFilter{})
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

func (h *host) only() *services.Instance {
	h.t.Helper()
	all := h.all()
	if len(all) != 1 {
		h.t.Fatalf("%d instances, want 1", len(all))
	}
	return all[0]
}

// send is the outbox: it delivers what is due and counts it.
func (h *host) send(ctx context.Context) {
	for ctx.Err() == nil {
		_ = h.store.Update(ctx, func(tx services.Tx) error {
			due, err := tx.DueNotices(h.now(), 1000)
			for _, n := range due {
				h.sentMu.Lock()
				h.sent[n.Kind]++
				h.sentMu.Unlock()
				n.State, n.Attempts = services.NoticeSent, 1
				err = errors.Join(err, tx.PutNotice(n))
			}
			return err
		})
		select {
		case <-ctx.Done():
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// notices are how many of each kind the owner got.
func (h *host) notices() map[services.Kind]int {
	h.sentMu.Lock()
	defer h.sentMu.Unlock()
	return maps.Clone(h.sent)
}

func (h *host) wantState(want services.State) {
	h.t.Helper()
	if got := h.only(); got.State != want {
		h.t.Fatalf("state %s (fault %q, reason %q), want %s", got.State, got.Fault, got.Reason, want)
	}
}

func (h *host) wantNothingLeft() {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.containers) != 0 || len(h.published) != 0 {
		h.t.Fatalf("left: %v %v", h.containers, h.published)
	}
}

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
		h := &host{machine: newMachine(), t: t, policy: services.DefaultPolicy(), sent: make(map[services.Kind]int), store: storetest.NewMemory(), site: &siteDefinition}
		h.start()
		defer h.kill()
		h.after(5 * time.Second)
		warm := h.only()
		if warm.Desired != services.DesiredWarm || warm.State != services.StatePublishing {
			t.Fatalf("nothing is warm: %+v", warm)
		}
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
		if c := h.container(i.ID); !c.Deadline.Equal(i.ExpiresAt) || h.runs != 1 {
			t.Errorf("shim ends at %v, the row at %v, %d runs", c.Deadline, i.ExpiresAt, h.runs)
		}
		h.after(90 * time.Minute)
		h.wantState(services.StateReachable)
		h.after(31 * time.Minute)
		h.wantState(services.StateGone)
	})
}

func TestWhatDiesIsRepairedAndTheOwnerTold(t *testing.T) {
	tests := map[string]func(h *host, i *services.Instance){
		"the app ends":   func(h *host, i *services.Instance) { h.die(i.ID, services.ExitApp) },
		"tor restarts":   func(h *host, i *services.Instance) { h.loseOnions() },
		"does not open":  func(h *host, i *services.Instance) { h.breakProbes(20 * time.Minute) },
		"engine is gone": func(h *host, i *services.Instance) { h.silence("docker", time.Minute); h.die(i.ID, services.ExitApp) },
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
		"no engine":      func(h *host) { h.silence("docker", 5*time.Minute) },
		"no tor":         func(h *host) { h.silence("tor", 5*time.Minute) },
		"engine refuses": func(h *host) { h.failRuns(errors.New("no space")) },
		"engine hangs":   func(h *host) { h.slow(time.Hour) },
	}
	for name, hurt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t)
				hurt(h)
				h.begin(services.StartOptions{Service: "site"})
				h.after(4 * time.Minute)
				i := h.only()
				if i.Desired != services.DesiredGone || i.Reason != services.ReasonUnreachable {
					t.Fatalf("after four minutes: %+v", i)
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
		if h.runs != 1 || h.publications != 1 {
			t.Errorf("%d containers and %d publications for one life", h.runs, h.publications)
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
		h.mu.Lock()
		h.containers["orphanorphan"] = services.Container{ID: "orphanorphan", State: services.ContainerRunning}
		h.published["orphan.onion"] = services.OnionStatus{Address: "orphan.onion", State: services.OnionPublished}
		h.published["foreign.onion"] = services.OnionStatus{Address: "foreign.onion", State: services.OnionPublished, Foreign: true}
		h.mu.Unlock()
		h.after(2 * time.Minute)
		h.mu.Lock()
		defer h.mu.Unlock()
		if len(h.containers) != 0 || len(h.published) != 1 || !h.published["foreign.onion"].Foreign {
			t.Errorf("left: %v %v", h.containers, h.published)
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
			if !h.container(i.ID).Armed {
				t.Fatal("it is called reachable, and visits are not counted yet")
			}
			h.die(i.ID, exit)
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

// contents shows nothing and keeps nothing.
type contents struct{}

func (*contents) Adopt(string, int, string) error { return nil }
func (*contents) Show(string, int) error          { return nil }
func (*contents) Dir(string) string               { return "/nowhere" }
func (*contents) Discard(string)                  {}
func (*contents) Erase(string) error              { return nil }
func (*contents) List() ([]string, error)         { return nil, nil }

// now is the wall clock of the machine.
func (h *host) now() time.Time { return time.Now().Add(time.Duration(h.skew.Load())) }
