package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"onionbot/db"
	"onionbot/services"
	"onionbot/services/catalog"
	"onionbot/services/content"
	"onionbot/services/runtimetest"
	"onionbot/services/sshkey"
	"onionbot/services/wallclock"
	"onionbot/tor"
)

// engineRoom is the bot's engine in this process: the real manager,
// reconciler and database on the real clock, with containers and onions that
// exist in memory. It is for counts that one small machine cannot host.
type engineRoom struct {
	dir     string
	store   *db.Store
	fake    *runtimetest.Fake
	onions  *memoryOnions
	manager *services.Manager
	users   []*services.User
	byName  map[string]*services.User
	policy  services.Policy
	stop    context.CancelFunc
	done    sync.WaitGroup
	message int
}

func newEngineRoom(ctx context.Context, dir string) (*engineRoom, error) {
	h := &engineRoom{dir: dir, onions: newMemoryOnions(), policy: services.DefaultPolicy()}
	h.policy.MinLife, h.policy.MaxInstances, h.policy.NoWarm = time.Second, 0, true
	h.people()
	clock, log := wallclock.New(), slog.New(slog.DiscardHandler)
	h.fake = runtimetest.NewFake(clock)
	defs, err := catalog.Load("")
	if err != nil {
		return nil, err
	}
	contents, err := content.Open(filepath.Join(dir, "content"))
	if err != nil {
		return nil, err
	}
	if h.store, err = db.Open(ctx, filepath.Join(dir, "state", "onionbot.db"), db.Options{}); err != nil {
		return nil, err
	}
	box, keyring, cat := make(outbox, 1), services.NewKeyring(), services.NewCatalog(defs)
	reconciler := services.NewReconciler(services.ReconcilerOptions{
		Store: h.store, Runtime: h.fake, Onions: h.onions, Catalog: cat, Contents: contents, Policy: h.policy,
		Clock: clock, Log: log, Keyring: keyring, Outbox: box, User: func(name string) *services.User { return h.byName[name] },
	})
	h.manager = services.NewManager(services.ManagerOptions{
		Store: h.store, Catalog: cat, Policy: h.policy, Clock: clock, Log: log, Keyring: keyring,
		NewOnion: tor.NewOnion, NewHostKey: sshkey.NewHost, Contents: contents,
		Engine: reconciler, Outbox: box, Health: reconciler,
	})
	ctx, h.stop = context.WithCancel(context.Background())
	h.done.Go(func() { reconciler.Run(ctx) })
	h.done.Go(func() { h.deliver(ctx, box) })
	return h, nil
}

// people are a hundred users; the first is an operator.
func (h *engineRoom) people() {
	h.byName = map[string]*services.User{}
	for i := range 100 {
		u := &services.User{
			Name: fmt.Sprint("user", i), Services: []string{"*"}, MaxInstances: 1000, MaxLife: 168 * time.Hour, Operator: i == 0,
		}
		h.users, h.byName[u.Name] = append(h.users, u), u
	}
}

func (h *engineRoom) operator() *services.User { return h.users[0] }

// owner is whose the i-th instance is; the operator owns none.
func (h *engineRoom) owner(i int) *services.User { return h.users[1+i%(len(h.users)-1)] }

func openEngineRoom(b *testing.B) *engineRoom {
	b.Helper()
	h, err := newEngineRoom(b.Context(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(h.close)
	return h
}

func (h *engineRoom) close() {
	h.stop()
	h.done.Wait()
	_ = h.store.Close()
}

func (h *engineRoom) request(u *services.User) services.Request {
	h.message++
	return services.Request{
		User: u, Network: "console", MessageID: fmt.Sprint(h.message),
		Route: services.Route{Network: "console", Account: "local"},
	}
}

// fill starts n instances with the given lives and waits until all are reachable.
func (h *engineRoom) fill(ctx context.Context, n int, life func(i int) time.Duration) error {
	for i := range n {
		err := h.manager.Start(ctx, h.request(h.owner(i)), services.StartOptions{Service: "site", Name: fmt.Sprintf("n%d", i), Life: life(i)})
		if err != nil {
			return err
		}
	}
	for ctx.Err() == nil {
		all, err := h.manager.List(ctx, h.operator())
		if err != nil {
			return err
		}
		ready := 0
		for _, i := range all {
			if i.State == services.StateReachable {
				ready++
			}
		}
		if ready == n {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return ctx.Err()
}

type outbox chan struct{}

// Poke implements services.Outbox.
func (o outbox) Poke() {
	select {
	case o <- struct{}{}:
	default:
	}
}

// deliver marks what is due as sent: a chat service that answers at once.
func (h *engineRoom) deliver(ctx context.Context, box outbox) {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-box:
		case <-tick.C:
		}
		_ = h.store.Update(ctx, func(tx services.Tx) error {
			due, err := tx.DueNotices(time.Now(), 50)
			for _, n := range due {
				n.State, n.RemoteID = services.NoticeSent, "r"
				if err := tx.PutNotice(n); err != nil {
					return err
				}
			}
			return err
		})
	}
}

// memoryOnions is a services.Onions that publishes at once.
type memoryOnions struct {
	mu      sync.Mutex
	up      map[string]bool
	removed map[string]time.Time
}

var _ services.Onions = (*memoryOnions)(nil)

func newMemoryOnions() *memoryOnions {
	return &memoryOnions{up: map[string]bool{}, removed: map[string]time.Time{}}
}

// NewOnion implements services.Onions.
func (m *memoryOnions) NewOnion() (services.Onion, error) { return tor.NewOnion() }

// Publish implements services.Onions.
func (m *memoryOnions) Publish(_ context.Context, spec services.OnionSpec) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.up[spec.Onion.Address] = true
	return nil
}

// Status implements services.Onions.
func (m *memoryOnions) Status(_ context.Context, address string) (services.OnionStatus, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.up[address] {
		return services.OnionStatus{Address: address}, nil
	}
	return services.OnionStatus{Address: address, State: services.OnionPublished}, nil
}

// List implements services.Onions.
func (m *memoryOnions) List(context.Context) ([]services.OnionStatus, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []services.OnionStatus
	for address := range m.up {
		all = append(all, services.OnionStatus{Address: address, State: services.OnionPublished})
	}
	return all, nil
}

// Remove implements services.Onions and notes when.
func (m *memoryOnions) Remove(_ context.Context, address string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.up[address] {
		m.removed[address] = time.Now()
	}
	delete(m.up, address)
	return nil
}

// Probe implements services.Onions.
func (m *memoryOnions) Probe(_ context.Context, address string, _ int, _ services.ProbeKind) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.up[address] {
		return errors.New("nobody answers")
	}
	return nil
}

// Events implements services.Onions.
func (m *memoryOnions) Events(ctx context.Context, notify func(string)) error {
	notify("")
	<-ctx.Done()
	return ctx.Err()
}

// Ping implements services.Onions.
func (m *memoryOnions) Ping(context.Context) error { return nil }
