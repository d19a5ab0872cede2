package reconcile_test

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
	"onionbot/services/reconcile"
	"onionbot/services/storetest"
)

// host is a bot on a machine that exists in memory only.
type host struct {
	owner atomic.Pointer[services.User] // whom the loop knows by any name; ann if nil
	*machine
	t          *testing.T
	store      *storetest.Memory
	contents   *contents
	manager    *services.Manager
	reconciler *reconcile.Reconciler
	policy     services.Policy
	site       *services.Definition // siteDefinition if nil
	stop       context.CancelFunc
	stopped    chan struct{}
	messages   int
	diskFull   atomic.Bool
	committed  atomic.Int64 // attempts to
	sentMu     sync.Mutex
	sent       map[services.Kind]int
	words      []*services.Notice // everything that was sent
	clock      services.Clock
	defs       []*services.Definition // the catalogue; the site alone if nil
}

var siteDefinition = &services.Definition{
	Name: "site", Ports: []services.Port{{Onion: 80, App: 8080}}, Probe: services.ProbeHTTP,
	DefaultLife: 2 * time.Hour, MaxLife: 48 * time.Hour, Content: "/srv/content",
}

var ann = &services.User{Name: "ann", Services: []string{"*"}, MaxInstances: 3, MaxLife: 24 * time.Hour}

// chief is where the operator is told something.
var chief = services.Route{Network: "telegram", Account: "7"}

type silent struct{}

func (silent) Notify() {}

// newHost makes a host and starts a bot on it. Options change it before.
func newHost(t *testing.T, options ...func(*host)) *host {
	h := &host{
		machine: newMachine(), t: t, policy: services.DefaultPolicy(), contents: &contents{},
		store: storetest.NewMemory(), sent: make(map[services.Kind]int),
	}
	h.store.Now = h.now
	h.store.Fail = func(op string) error {
		if op != "Commit" {
			return nil
		}
		h.committed.Add(1)
		if h.diskFull.Load() {
			return services.Wrap(services.CodeReadOnlyState, errors.New("disk full"))
		}
		return nil
	}
	for _, o := range options {
		o(h)
	}
	h.start()
	t.Cleanup(func() { h.kill() })
	return h
}

// start starts a bot on the machine, as after a crash of the one before.
func (h *host) start() {
	ctx, cancel := context.WithCancel(context.Background())
	clock := services.Clock(services.ClockFunc(h.now))
	if h.clock != nil {
		clock = h.clock
	}
	defs := h.defs
	if defs == nil {
		defs = []*services.Definition{cmp.Or(h.site, siteDefinition)}
	}
	h.onions.Forget()
	keyring, catalog := services.NewKeyring(), services.NewCatalog(defs)
	h.reconciler = reconcile.New(reconcile.Options{
		Store: h.store, Runtime: h.runtime, Onions: h.onions, Catalog: catalog, Contents: h.contents, Policy: h.policy,
		Clock: clock, Log: slog.New(slog.DiscardHandler), Keyring: keyring, Outbox: silent{},
		User: func(string) *services.User { return cmp.Or(h.owner.Load(), ann) }, Operators: func() []services.Route { return []services.Route{chief} },
	})
	h.manager = services.NewManager(services.ManagerOptions{
		Store: h.store, Catalog: catalog, Policy: h.policy, Clock: clock, Log: slog.New(slog.DiscardHandler),
		Keyring: keyring, NewOnion: h.onions.NewOnion, Contents: h.contents,
		Reconciler: h.reconciler, Outbox: silent{}, Health: h.reconciler,
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

// commits is how often somebody tried to write to the store, without the
// outbox of the test.
func (h *host) commits() int { return int(h.committed.Load()) }

func (h *host) request() services.Request {
	h.messages++
	return services.Request{
		User: cmp.Or(h.owner.Load(), ann), Network: "console", MessageID: fmt.Sprint(h.messages),
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
		if h.due() {
			h.deliver(ctx)
		}
		select {
		case <-ctx.Done():
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// due reports whether there is anything to send; a full disk keeps it unsent.
func (h *host) due() (any bool) {
	_ = h.store.View(context.Background(), func(tx services.Tx) error {
		due, err := tx.DueNotices(h.now(), 1)
		any = len(due) > 0 && !h.diskFull.Load()
		return err
	})
	return any
}

func (h *host) deliver(ctx context.Context) {
	_ = h.store.Update(ctx, func(tx services.Tx) error {
		due, err := tx.DueNotices(h.now(), 1000)
		for _, n := range due {
			h.sentMu.Lock()
			h.sent[n.Kind]++
			h.words = append(h.words, n)
			h.sentMu.Unlock()
			n.State, n.Attempts = services.NoticeSent, 1
			err = errors.Join(err, tx.PutNotice(n))
		}
		return err
	})
}

// notices are how many of each kind the owner got.
func (h *host) notices() map[services.Kind]int {
	h.sentMu.Lock()
	defer h.sentMu.Unlock()
	return maps.Clone(h.sent)
}

// said are the notices of a kind that the owner got.
func (h *host) said(kind services.Kind) []*services.Notice {
	h.sentMu.Lock()
	defer h.sentMu.Unlock()
	var out []*services.Notice
	for _, n := range h.words {
		if n.Kind == kind {
			out = append(out, n)
		}
	}
	return out
}

func (h *host) wantState(want services.State) {
	h.t.Helper()
	if got := h.only(); got.State != want {
		h.t.Fatalf("state %s (fault %q, reason %q), want %s", got.State, got.Fault, got.Reason, want)
	}
}

func (h *host) wantNothingLeft() {
	h.t.Helper()
	if left, onions := h.runtime.All(), h.onions.Addresses(); len(left) != 0 || len(onions) != 0 {
		h.t.Fatalf("left: %v %v", left, onions)
	}
}

// contents keeps nothing, and fails on demand.
type contents struct {
	mu           sync.Mutex
	err          error
	asked, shown int
}

func (c *contents) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
}

// calls is how often something was to be shown or erased.
func (c *contents) calls() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked
}

// shows is the revision that is shown.
func (c *contents) shows() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.shown
}

func (c *contents) Show(_ string, rev int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked++; c.err == nil {
		c.shown = rev
	}
	return c.err
}

func (c *contents) Erase(string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	return c.err
}

func (*contents) Adopt(string, int, string) error { return nil }
func (*contents) Dir(string) string               { return "/nowhere" }
func (*contents) Discard(string)                  {}
func (*contents) List() ([]string, error)         { return nil, nil }
