package conversation

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"onionbot/bots"
	"onionbot/bots/botstest"
	"onionbot/bots/reply"
	"onionbot/services"
	"onionbot/services/sshkey"
	"onionbot/services/storetest"
)

var (
	noon     = botstest.Noon()
	anna     = botstest.Anna()
	operator = botstest.Operator()
)

func catalog() []*services.Definition { return botstest.Catalog() }

// world is the conversation on top of the real manager and a store in memory.
type world struct {
	t       *testing.T
	store   *storetest.Memory
	clock   services.Clock
	manager *services.Manager
	router  *Router
	staged  *fakeContent
	access  *Access
	seq     int
}

type silent struct{}

func (silent) Notify(string) {}

type unread struct{}

func (unread) Notify() {}

type wellness struct{}

func (wellness) Health(context.Context) services.Health { return services.Health{} }

type noContents struct{}

func (noContents) Adopt(string, int, string) error { return nil }
func (noContents) Show(string, int) error          { return nil }
func (noContents) Dir(string) string               { return "" }
func (noContents) Discard(string)                  {}
func (noContents) Erase(string) error              { return nil }
func (noContents) List() ([]string, error)         { return nil, nil }

type fakeContent struct {
	err       error
	bodies    []string
	files     []string
	missing   []string
	addedTo   []string // names of instances
	emptied   int
	discarded []string
	shown     *services.Shown
}

func (f *fakeContent) Stage(_ context.Context, u Upload) (string, error) {
	if f.err != nil {
		return "", f.err
	}
	for _, a := range u.Attachments {
		f.files = append(f.files, a.Name)
	}
	f.bodies = append(f.bodies, u.Words)
	f.missing = append(f.missing, u.Missing...)
	if u.AddTo != nil {
		f.addedTo = append(f.addedTo, u.AddTo.Name)
	}
	return "staged", nil
}

func (f *fakeContent) Shown(*services.Instance) *services.Shown { return f.shown }

func (f *fakeContent) Empty() (string, error) {
	f.emptied++
	return "empty", nil
}

func (f *fakeContent) Discard(dir string) { f.discarded = append(f.discarded, dir) }

func newWorld(t *testing.T, clock services.Clock) *world {
	t.Helper()
	w := &world{t: t, store: storetest.NewMemory(), clock: clock, staged: &fakeContent{}}
	policy := services.DefaultPolicy()
	w.access = NewAccess()
	w.manager = services.NewManager(services.ManagerOptions{
		Store: w.store, Catalog: services.NewCatalog(catalog()), Policy: policy, Clock: clock, Log: slog.New(slog.DiscardHandler),
		Keyring:    services.NewKeyring(),
		NewOnion:   func() (services.Onion, error) { return services.Onion{Address: botstest.Address, Key: "key"}, nil },
		NewHostKey: func() (services.HostKey, error) { return services.HostKey{Fingerprint: "SHA256:x"}, nil },
		Contents:   noContents{}, Reconciler: silent{}, Outbox: unread{}, Health: wellness{}, People: w.access,
	})
	for _, err := range []error{
		w.access.Add(anna, Account{"test", "1"}), w.access.Add(operator, Account{"test", "2"}), w.access.Join(w.store, slog.New(slog.DiscardHandler)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	router, err := NewRouter(t.Context(), RouterOptions{
		Manager: w.manager, Store: w.store, Directory: w.access, Replies: &reply.Renderer{}, Content: w.staged, ReadKey: sshkey.Read, Clock: clock,
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.router = router
	return w
}

// ticking is a clock that starts at a time and moves a millisecond at each look.
func ticking(at time.Time) services.Clock {
	var looks atomic.Int64
	return services.ClockFunc(func() time.Time { return at.Add(time.Duration(looks.Add(1)) * time.Millisecond) })
}

func (w *world) message(account, text string) *bots.Message {
	w.seq++
	return &bots.Message{
		Network: "test", ID: fmt.Sprint(w.seq), From: bots.Identity{Account: account}, Text: text, SentAt: w.clock.Now(),
		Route: services.Route{Network: "test", Account: account, Chat: "chat-" + account},
	}
}

// say handles a message and returns the notices that it made, as text.
func (w *world) say(m *bots.Message) string {
	w.t.Helper()
	var last int64
	for _, n := range w.pending() {
		last = n.ID
	}
	err := w.store.Update(w.t.Context(), func(tx services.Tx) error {
		_, err := tx.AddIncoming(services.Incoming{Network: m.Network, ID: m.ID})
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.router.Handle(w.t.Context(), m); err != nil {
		w.t.Fatalf("%q: %v", m.Text, err)
	}
	var out []string
	for _, n := range w.pending() {
		if n.ID <= last || n.Kind == services.KindReminder {
			continue
		}
		i, err := w.instance(n.Instance)
		if err != nil {
			w.t.Fatal(err)
		}
		var d *services.Definition
		if i != nil {
			d = services.Find(catalog(), i.Service)
		}
		r, err := w.router.o.Replies.Render(n, i, d, w.clock.Now())
		if err != nil {
			w.t.Fatal(err)
		}
		out = append(out, r.Text)
	}
	return strings.Join(out, "\n---\n")
}

func (w *world) instance(id string) (i *services.Instance, err error) {
	if id == "" {
		return nil, nil
	}
	err = w.store.View(w.t.Context(), func(tx services.Tx) error {
		i, err = tx.Instance(id)
		return err
	})
	return i, err
}

func (w *world) pending() (out []*services.Notice) {
	w.t.Helper()
	err := w.store.View(context.Background(), func(tx services.Tx) error {
		var err error
		out, err = tx.DueNotices(w.clock.Now().AddDate(1, 0, 0), 1_000_000)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	slices.SortFunc(out, func(a, b *services.Notice) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

func (w *world) instances() (out []*services.Instance) {
	w.t.Helper()
	err := w.store.View(context.Background(), func(tx services.Tx) error {
		var err error
		out, err = tx.Instances(services.InstanceFilter{})
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *world) audit() (out []services.AuditEntry) {
	w.t.Helper()
	err := w.store.View(context.Background(), func(tx services.Tx) error {
		var err error
		out, err = tx.Audit(1_000_000)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}
