package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"onionbot/bots"
	"onionbot/bots/console"
	"onionbot/bots/conversation"
	"onionbot/bots/mastodon"
	"onionbot/bots/mastodon/mastodontest"
	"onionbot/bots/reply"
	"onionbot/bots/telegram"
	"onionbot/bots/telegram/telegramtest"
	"onionbot/services"
	"onionbot/services/content"
	"onionbot/services/sshkey"
	"onionbot/services/storetest"
)

// wire is everything between the networks and what would be served: real
// adapters, conversation, manager and content. Only containers, tor and the
// disk's database are missing.
type wire struct {
	t        *testing.T
	store    *storetest.Memory
	contents *content.Store
	phone    *telegramtest.Server
	fedi     *mastodontest.Server
	alice    *mastodontest.Account
	socket   string
	people   *users
}

// ann is a user on Telegram, olga the operator.
const (
	ann  = int64(1001)
	olga = int64(1000)
)

type noLoop struct{}

func (noLoop) Notify(string)                          {}
func (noLoop) Health(context.Context) services.Health { return services.Health{} }

func newWire(t *testing.T) *wire {
	t.Helper()
	t.Parallel()
	dir, err := os.MkdirTemp("", "ow") // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	w := &wire{
		t: t, store: storetest.NewMemory(), socket: filepath.Join(dir, "ctl"),
		phone: telegramtest.New(t, "42:AAtoken"), fedi: mastodontest.New(t, mastodontest.GoToSocial),
	}
	if w.people, err = newUsers(&config{}); err != nil {
		t.Fatal(err)
	}
	w.alice = w.fedi.AddAccount("alice@remote.example")
	if w.contents, err = content.Open(filepath.Join(dir, "content")); err != nil {
		t.Fatal(err)
	}
	w.run(w.adapters(dir))
	return w
}

func (w *wire) adapters(dir string) []bots.Adapter {
	w.t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	local, err := console.Listen(console.Options{Path: w.socket, Spool: filepath.Join(dir, "spool"), Log: quiet})
	if err != nil {
		w.t.Fatal(err)
	}
	tg, err := telegram.New(telegram.Options{
		Token: "42:AAtoken", APIURL: w.phone.URL(), PollTimeout: 5 * time.Second, MinPause: 10 * time.Millisecond, Logger: quiet,
		ChatRate: rate.Inf, TotalRate: rate.Inf,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	fedi, err := mastodon.New(mastodon.Options{
		Server: w.fedi.URL, Token: mastodontest.Token, PollInterval: 20 * time.Millisecond, Logger: quiet, Actor: w.people.actor,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return []bots.Adapter{local, tg, fedi}
}

// run joins the parts as the daemon does, until the test ends.
func (w *wire) run(adapters []bots.Adapter) {
	w.t.Helper()
	clock, quiet := services.ClockFunc(time.Now), slog.New(slog.DiscardHandler)
	site := &services.Definition{
		Name: "site", Ports: []services.Port{{Onion: 80, App: 8080}}, DefaultLife: time.Hour, MaxLife: 48 * time.Hour,
		Content: "/srv/content", Probe: services.ProbeHTTP,
	}
	catalog, replies := services.NewCatalog([]*services.Definition{site}), &reply.Renderer{Shown: stager{w.contents}.Shown}
	outbox := conversation.NewOutbox(conversation.OutboxOptions{
		Adapters: adapters, Store: w.store, Replies: replies, Catalog: catalog.All, Clock: clock, Log: quiet, First: 10 * time.Millisecond,
	})
	manager := services.NewManager(services.ManagerOptions{
		Store: w.store, Catalog: catalog, Clock: clock, Log: quiet, Contents: w.contents,
		Keyring: services.NewKeyring(), NewOnion: newOnions(), Reconciler: noLoop{}, Outbox: outbox, Health: noLoop{}, People: w.people.access,
	})
	if err := w.people.access.Join(w.store, quiet); err != nil {
		w.t.Fatal(err)
	}
	boss := &services.User{Name: "olga", Services: []string{"*"}, MaxInstances: 5, Role: services.RoleOperator}
	if err := w.people.add(boss, conversation.Account{Network: telegram.Network, ID: fmt.Sprint(olga)}); err != nil {
		w.t.Fatal(err)
	}
	for name, id := range map[string]conversation.Account{
		"ann": {Network: telegram.Network, ID: fmt.Sprint(ann)}, "alice": {Network: mastodon.Network, ID: w.alice.ID},
	} {
		if err := w.people.add(&services.User{Name: name, Services: []string{"*"}, MaxInstances: 5}, id); err != nil {
			w.t.Fatal(err)
		}
	}
	router, err := conversation.NewRouter(w.t.Context(), conversation.RouterOptions{
		Manager: manager, Store: w.store, Directory: w.people.access, Replies: replies, Content: stager{w.contents}, ReadKey: sshkey.Read, Clock: clock, Log: quiet,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	hub := conversation.NewHub(conversation.HubOptions{Adapters: adapters, Store: w.store, Router: router, Clock: clock, Log: quiet})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = hub.Run(ctx) })    // ends with ctx, without an error
	running.Go(func() { _ = outbox.Run(ctx) }) // likewise
	w.t.Cleanup(func() { cancel(); running.Wait() })
}

// newOnions makes addresses of the right shape, one after another.
func newOnions() func() (services.Onion, error) {
	var mu sync.Mutex
	n := 0
	return func() (services.Onion, error) {
		mu.Lock()
		defer mu.Unlock()
		n++
		return services.Onion{Address: strings.Replace(fmt.Sprintf("%056d.onion", n), "0", "a", 55), Key: "key"}, nil
	}
}

// said waits for the nth message of the bot to a network's user, and returns
// it; from 1.
func (w *wire) toPhone(n int) telegramtest.Sent {
	w.t.Helper()
	return w.phone.MustWait(w.t, ann, func(all []telegramtest.Sent) bool { return len(all) >= n })[n-1]
}

func (w *wire) toAlice(n int) string {
	w.t.Helper()
	return w.fedi.AwaitPosts(n)[n-1].Text
}

// page is what a visitor of the owner's only instance would get.
func (w *wire) page(owner string) string {
	w.t.Helper()
	var all []*services.Instance
	err := w.store.View(context.Background(), func(tx services.Tx) (err error) {
		all, err = tx.Instances(services.InstanceFilter{Owner: owner})
		return err
	})
	if err != nil || len(all) != 1 {
		w.t.Fatalf("%d instances, %v", len(all), err)
	}
	if err := w.contents.Show(all[0].ID, all[0].Content); err != nil {
		w.t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(w.contents.Dir(all[0].ID), "current", "index.html"))
	if os.IsNotExist(err) {
		return ""
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return string(data)
}

// has checks that text has every one of the words, and without none of them.
func has(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if unwanted, isNot := strings.CutPrefix(word, "!"); isNot == strings.Contains(text, strings.TrimPrefix(word, "!")) {
			t.Errorf("want %q (not: %t) in:\n%s", unwanted, isNot, text)
		}
	}
}
