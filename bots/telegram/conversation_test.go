package telegram_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"onionbot/bots"
	"onionbot/bots/conversation"
	"onionbot/bots/reply"
	"onionbot/bots/telegram"
	"onionbot/bots/telegram/telegramtest"
	"onionbot/db"
	"onionbot/services"
)

// house is everything between Telegram and the rows that say what should
// run: the real adapter, hub, router, manager, outbox and database. What
// would run the rows is missing.
type house struct {
	t       *testing.T
	dir     string // of the database
	server  *telegramtest.Server
	store   services.Store
	users   *conversation.Access
	replies *reply.Renderer
	adapter *telegram.Adapter
	stop    func()
}

type noEngine struct{}

func (noEngine) Notify(string)                          {}
func (noEngine) Health(context.Context) services.Health { return services.Health{} }

// newHouse opens the database; start begins to receive.
func newHouse(t *testing.T) *house {
	dir := t.TempDir()
	store, err := db.Open(t.Context(), filepath.Join(dir, "state.db"), db.Options{
		Logger: slog.New(slog.DiscardHandler), Clock: services.ClockFunc(time.Now),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return &house{t: t, dir: dir, server: telegramtest.New(t, token), store: store, users: conversation.NewAccess(), replies: &reply.Renderer{}}
}

func (h *house) admit(account int64, most int) {
	u := &services.User{Name: fmt.Sprintf("u%d", account), Services: []string{"*"}, MaxInstances: most, MaxLife: 24 * time.Hour}
	if err := h.users.Add(u, conversation.Account{Network: telegram.Network, ID: fmt.Sprint(account)}); err != nil {
		h.t.Fatal(err)
	}
}

// start runs a bot until stop, as one process would.
func (h *house) start() {
	h.t.Helper()
	clock, quiet := services.ClockFunc(time.Now), slog.New(slog.DiscardHandler)
	h.adapter = newAdapter(h.t, h.server)
	site := &services.Definition{
		Name: "site", Ports: []services.Port{{Onion: 80, App: 8080}}, DefaultLife: time.Hour, MaxLife: 48 * time.Hour,
	}
	catalog := services.NewCatalog([]*services.Definition{site})
	outbox := conversation.NewOutbox(conversation.OutboxOptions{
		Adapters: []bots.Adapter{h.adapter}, Store: h.store, Replies: h.replies, Catalog: catalog.All,
		Clock: clock, Log: quiet, First: 10 * time.Millisecond,
	})
	manager := services.NewManager(services.ManagerOptions{
		Store: h.store, Catalog: catalog, Policy: services.Policy{}, Clock: clock, Log: quiet,
		Keyring: services.NewKeyring(), NewOnion: newOnion(), Reconciler: noEngine{}, Outbox: outbox, Health: noEngine{},
	})
	router, err := conversation.NewRouter(h.t.Context(), conversation.RouterOptions{
		Manager: manager, Store: h.store, Directory: h.users, Replies: h.replies, Clock: clock, Log: quiet,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	hub := conversation.NewHub(conversation.HubOptions{Adapters: []bots.Adapter{h.adapter}, Store: h.store, Router: router, Clock: clock, Log: quiet})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = hub.Run(ctx) })    // ends with ctx, without an error
	running.Go(func() { _ = outbox.Run(ctx) }) // likewise
	h.stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	h.t.Cleanup(h.stop)
}

// newOnion makes addresses of the right shape, one after another.
func newOnion() func() (services.Onion, error) {
	var mu sync.Mutex
	n := 0
	return func() (services.Onion, error) {
		mu.Lock()
		defer mu.Unlock()
		n++
		return services.Onion{Address: fmt.Sprintf("%056d.onion", n), Key: "key"}, nil
	}
}

func (h *house) instances() []*services.Instance {
	h.t.Helper()
	var all []*services.Instance
	err := h.store.View(context.Background(), func(tx services.Tx) (err error) {
		all, err = tx.Instances(services.InstanceFilter{})
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}

func (h *house) audit(match func(services.AuditEntry) bool) int {
	h.t.Helper()
	n := 0
	err := h.store.View(context.Background(), func(tx services.Tx) error {
		all, err := tx.Audit(1_000_000)
		for _, e := range all {
			if match(e) {
				n += max(e.Count, 1)
			}
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

// settled waits until nothing is on its way in or out.
func (h *house) settled() {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 4*time.Minute)
	defer cancel()
	for {
		var waiting int
		err := h.store.View(ctx, func(tx services.Tx) error {
			in, err := tx.Incomings(telegram.Network, 10)
			if err != nil {
				return err
			}
			next, err := tx.NextNoticeAt() // those too that wait for another attempt
			waiting = h.server.Pending() + len(in)
			if !next.IsZero() {
				waiting++
			}
			return err
		})
		if err != nil {
			h.t.Fatal(err)
		}
		if waiting == 0 {
			return
		}
		time.Sleep(20 * time.Millisecond) // a real database tells nobody
	}
}

func TestConversations(t *testing.T) {
	failure := func(c services.Code, args ...string) func(*reply.Renderer) string {
		return func(r *reply.Renderer) string { return r.Failure(services.E(c, args...)).Text }
	}
	tests := []struct {
		name string
		do   func(s *telegramtest.Server)
		want func(*reply.Renderer) string // nil: silence
	}{
		{"an unknown word", func(s *telegramtest.Server) { s.Type(alice, "frobnicate <b>") }, failure(services.CodeUnknownCommand, "word", "frobnicate")},
		{"an unknown service", func(s *telegramtest.Server) { s.Type(alice, "start mial") }, failure(services.CodeUnknownService, "word", "mial")},
		{"a sticker", func(s *telegramtest.Server) {
			m := s.Message(alice, "")
			m["sticker"] = map[string]any{"file_id": "x"}
			s.Push("message", m)
		}, func(r *reply.Renderer) string { return r.Unsupported("sticker").Text }},
		{"an old command", func(s *telegramtest.Server) {
			m := s.Message(alice, "start site")
			m["date"] = time.Now().Add(-11 * time.Minute).Unix()
			s.Push("message", m)
		}, failure(services.CodeTooOld)},
		{"a button of something that ended", func(s *telegramtest.Server) { s.Press(alice, "stop #gone") }, failure(services.CodeUnknownName, "word", "#gone")},
		{"a stranger", func(s *telegramtest.Server) { s.Type(9, "start site") }, nil},
		{"a stranger's press", func(s *telegramtest.Server) { s.Press(9, "stop all") }, nil},
		{"a group", func(s *telegramtest.Server) {
			m := s.Message(alice, "start site")
			m["chat"] = map[string]any{"id": -7, "type": "group"}
			s.Push("message", m)
		}, nil},
		{"a forward", func(s *telegramtest.Server) {
			m := s.Message(alice, "start site")
			m["forward_origin"] = map[string]any{"type": "user"}
			s.Push("message", m)
		}, func(r *reply.Renderer) string { return r.Unsupported("forwarded message").Text }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.admit(alice, 2)
			h.start()
			h.server.Type(alice, "/start")
			h.server.MustWait(t, alice, func(m []telegramtest.Sent) bool { return len(m) == 1 })
			tt.do(h.server)
			h.settled()
			got := h.server.Chat(alice)[1:]
			if tt.want == nil && len(got) > 0 || len(h.server.Chat(9)) > 0 {
				t.Fatalf("want silence, got %+v", got)
			}
			if tt.want != nil && (len(got) != 1 || !sameSentence(got[0].Text, tt.want(h.replies))) {
				t.Errorf("got %+v, want %q", got, tt.want(h.replies))
			}
			if n := len(h.instances()); n != 0 {
				t.Errorf("%d instances", n)
			}
		})
	}
}

// sameSentence compares the beginnings: what is suggested at the end is the
// grammar's business.
func sameSentence(got, want string) bool {
	n := min(20, len(want))
	return len(got) >= n && got[:n] == want[:n]
}

func TestStartStopAndButtonsAcrossARestart(t *testing.T) {
	h := newHouse(t)
	h.admit(alice, 2)
	h.start()
	h.server.Type(alice, "/site")
	cards := h.server.MustWait(t, alice, func(m []telegramtest.Sent) bool { return len(m) == 1 })
	all := h.instances()
	if len(all) != 1 || !strings.Contains(cards[0].HTML, all[0].Onion.Address) || !cards[0].PreviewDisabled {
		t.Fatalf("%d instances, card %+v", len(all), cards[0])
	}
	i := slices.IndexFunc(slices.Concat(cards[0].Buttons...), func(b telegramtest.Button) bool { return strings.HasPrefix(b.Data, "stop ") })
	if i < 0 {
		t.Fatalf("no Stop button: %+v", cards[0].Buttons)
	}
	stop := slices.Concat(cards[0].Buttons...)[i].Data
	h.stop()
	h.start()
	h.server.Press(alice, stop)
	eventually(t, "the row says stop", func() bool { return h.instances()[0].Desired != all[0].Desired })
	eventually(t, "the press is answered", func() bool { return h.server.Answered() == 1 })
}

func TestBlockedByTheUserEndsTheNotices(t *testing.T) {
	h := newHouse(t)
	h.admit(alice, 2)
	h.start()
	h.server.Type(alice, "hello")
	h.server.MustWait(t, alice, func(m []telegramtest.Sent) bool { return len(m) == 1 })
	h.server.Block(alice, true)
	h.server.Type(alice, "list")
	h.settled()
	if n := h.audit(func(e services.AuditEntry) bool { return e.Action == "send" && e.Detail == "unwelcome" }); n != 1 {
		t.Errorf("%d audit entries, want 1", n)
	}
}
