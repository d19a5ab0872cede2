package bench

import (
	"context"
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
	"onionbot/services/onionstest"
	"onionbot/services/reconcile"
	"onionbot/services/runtimetest"
	"onionbot/services/sshkey"
	"onionbot/services/wallclock"
)

// engineRoom is the bot's engine in this process: the real manager,
// reconciler and database on the real clock, with containers and onions that
// exist in memory. It is for counts that one small machine cannot host.
type engineRoom struct {
	dir     string
	store   *db.Store
	fake    *runtimetest.Fake
	onions  *onionstest.Fake
	manager *services.Manager
	users   []*services.User
	byName  map[string]*services.User
	policy  services.Policy
	stop    context.CancelFunc
	done    sync.WaitGroup
	message int

	removedMu sync.Mutex
	removed   map[string]time.Time // by address
}

func newEngineRoom(ctx context.Context, dir string) (*engineRoom, error) {
	h := &engineRoom{dir: dir, onions: onionstest.New(), policy: services.DefaultPolicy()}
	h.policy.MinLife, h.policy.MaxInstances, h.policy.NoWarm = time.Second, 0, true
	h.people()
	h.noteRemovals()
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
	reconciler := reconcile.New(reconcile.Options{
		Store: h.store, Runtime: h.fake, Onions: h.onions, Catalog: cat, Contents: contents, Policy: h.policy,
		Clock: clock, Log: log, Keyring: keyring, Outbox: box, User: func(name string) *services.User { return h.byName[name] },
	})
	h.manager = services.NewManager(services.ManagerOptions{
		Store: h.store, Catalog: cat, Policy: h.policy, Clock: clock, Log: log, Keyring: keyring,
		NewOnion: h.onions.NewOnion, NewHostKey: sshkey.NewHost, Contents: contents,
		Reconciler: reconciler, Outbox: box, Health: reconciler,
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
			Name: fmt.Sprint("user", i), Services: []string{"*"}, MaxInstances: 1000, MaxLife: 168 * time.Hour,
		}
		if i == 0 {
			u.Role = services.RoleOperator
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

// Notify implements services.Outbox.
func (o outbox) Notify() {
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

// noteRemovals makes the fake remember when an onion that it had was removed first.
func (h *engineRoom) noteRemovals() {
	h.removed = make(map[string]time.Time)
	h.onions.Intercept(onionstest.OpRemove, func(_ context.Context, address string) error {
		if _, up := h.onions.Spec(address); up {
			h.removedMu.Lock()
			h.removed[address] = time.Now()
			h.removedMu.Unlock()
		}
		return nil
	})
}
