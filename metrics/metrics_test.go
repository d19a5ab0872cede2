package metrics

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"onionbot/bots"
	"onionbot/bots/conversation"
	"onionbot/bots/reply"
	"onionbot/bots/telegram"
	"onionbot/bots/telegram/telegramtest"
	"onionbot/services"
	"onionbot/services/storetest"
)

const token = "42:AAsecret-Token_0123456789abcdefghij"

// hubOn is a hub that receives from the server until the test ends.
func hubOn(t *testing.T, server *telegramtest.Server, store services.Store) *conversation.Hub {
	t.Helper()
	adapter, err := telegram.New(telegram.Options{
		Token: token, APIURL: server.URL(), PollTimeout: time.Second,
		MinPause: 5 * time.Millisecond, MaxPause: 20 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	router, err := conversation.NewRouter(t.Context(), conversation.RouterOptions{
		Store: store, Directory: conversation.NewAccess(), Replies: &reply.Renderer{}, Clock: services.ClockFunc(time.Now), Log: log,
		Manager: services.NewManager(services.ManagerOptions{Store: store, Clock: services.ClockFunc(time.Now), Log: log, Outbox: silence{}}),
	})
	if err != nil {
		t.Fatal(err)
	}
	hub := conversation.NewHub(conversation.HubOptions{
		Adapters: []bots.Adapter{adapter}, Store: store, Router: router, Clock: services.ClockFunc(time.Now), Log: log,
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = hub.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done; adapter.Close() })
	return hub
}

type silence struct{}

func (silence) Notify() {}

func TestTroubleWithReceivingShowsAndPasses(t *testing.T) {
	server, store := telegramtest.New(t, token), storetest.NewMemory()
	server.Fault(telegramtest.Fault{Kind: telegramtest.Gateway, Method: "getUpdates", Times: -1})
	hub, s := hubOn(t, server, store), quiet()
	s.Store, s.Received = store, hub.Received
	s.Health = healthFunc(func() services.Health { return services.Health{Adapters: hub.Health()} })
	scrape := endpoint(t, s)

	eventually(t, scrape, "trouble", func(text string) bool {
		return strings.Contains(text, `onionbot_receive_trouble{network="telegram"} 1`)
	})
	if text := scrape(); strings.Contains(text, `onionbot_receive_errors_total{network="telegram"} 0`) {
		t.Error("trouble without an error that was counted")
	}
	wantLines(t, scrape(), `onionbot_updates_total{network="telegram"} 0`)

	server.ClearFaults()
	server.Type(7, "start site") // a stranger's message counts, too
	eventually(t, scrape, "an update", func(text string) bool {
		return strings.Contains(text, `onionbot_updates_total{network="telegram"} 1`) &&
			strings.Contains(text, `onionbot_receive_trouble{network="telegram"} 0`)
	})
	if n := hub.Received()["telegram"].Errors; n < 3 || !strings.Contains(scrape(), fmt.Sprintf(`onionbot_receive_errors_total{network="telegram"} %d`, n)) {
		t.Errorf("%d errors; the scrape says otherwise", n)
	}
}

func eventually(t *testing.T, scrape func() string, what string, cond func(text string) bool) {
	t.Helper()
	for limit := time.Now().Add(30 * time.Second); !cond(scrape()); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("no %s within 30 s:\n%s", what, onlyOurs(scrape()))
		}
	}
}

// Words that must never be seen by a monitoring system.
var secrets = []string{
	"tisxeftsq4r3veuuiwjzuqjwjrfauv6wtxrebp64477bucodrwppcoad", "ann-the-user", "my-diary", "8675309",
	"ED25519-V3", "a private word", "@handle", token,
}

// busy has rows and troubles with every secret in them.
func busy(t *testing.T, now time.Time) Sources {
	t.Helper()
	s := quiet()
	onion := services.Onion{Address: secrets[0] + ".onion", Key: "ED25519-V3:key"}
	row := func(id, owner, service, name string, desired services.Desired, state services.State) *services.Instance {
		return &services.Instance{
			ID: id, Owner: owner, Service: service, Name: name, Onion: onion, Desired: desired, State: state, CreatedAt: now, ExpiresAt: now.Add(time.Hour),
			Origin: services.Route{Network: "telegram", Account: "8675309", Chat: "8675309"},
		}
	}
	notice := func(key, network string, due, next time.Time) *services.Notice {
		return &services.Notice{
			Key: key, Owner: "ann-the-user", Kind: services.KindReply, Body: []byte("a private word"), DueAt: due, NextAt: next,
			To: services.Route{Network: network, Account: "8675309", Chat: "@handle"}, State: services.NoticePending,
		}
	}
	err := s.Store.Update(t.Context(), func(tx services.Tx) error {
		var err error
		for _, i := range []*services.Instance{
			row("aaaaaaaaaaaa", "ann-the-user", "site", "my-diary", services.DesiredRunning, services.StateReachable),
			row("bbbbbbbbbbbb", "ann-the-user", "site+taken-out", "other", services.DesiredRunning, services.StateReachable),
			row("cccccccccccc", "ann-the-user", "taken-out", "third", services.DesiredGone, services.StateStopping),
			row("dddddddddddd", "", "site", "", services.DesiredWarm, services.StatePublishing),
			row("eeeeeeeeeeee", "", "site", "", services.DesiredWarm, services.StateStarting),
			row("ffffffffffff", "ann-the-user", "site", "old", services.DesiredGone, services.StateGone),
		} {
			err = errors.Join(err, tx.PutInstance(i))
		}
		for _, n := range []*services.Notice{
			notice("due", "telegram", now, now),
			notice("waits for another attempt", "telegram", now, now.Add(time.Minute)),
			notice("a reminder", "telegram", now.Add(time.Hour), time.Time{}),
			notice("for a network that was turned off", "mastodon", now, now),
		} {
			_, e := tx.AddNotice(n)
			err = errors.Join(err, e)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Health = healthFunc(func() services.Health {
		return services.Health{Docker: "a private word", Tor: secrets[0], Disk: "8675309", Clock: secrets[1], Images: secrets[2], Adapters: map[string]string{"telegram": token}}
	})
	s.Received = func() map[string]conversation.Received {
		return map[string]conversation.Received{"telegram": {Events: 12, Errors: 3}}
	}
	s.Sent = func() map[conversation.Sends]uint64 {
		return map[conversation.Sends]uint64{{Network: "telegram", Result: conversation.SendOK}: 9, {Network: "telegram", Result: conversation.SendUnwelcome}: 1}
	}
	s.Clock = services.ClockFunc(func() time.Time { return now })
	return s
}

func TestTheScrapeCountsAndNamesNobody(t *testing.T) {
	text := endpoint(t, busy(t, time.Now().Truncate(time.Millisecond)))()
	wantLines(
		t, text,
		`onionbot_instances{service="site",state="reachable"} 2`, `onionbot_instances{service="site",state="down"} 0`,
		`onionbot_instances{service="other",state="reachable"} 1`, `onionbot_instances{service="other",state="stopping"} 1`, `onionbot_warm_addresses 1`,
		`onionbot_outbox_pending{network="telegram"} 2`, `onionbot_outbox_pending{network="other"} 1`,
		`onionbot_sends_total{network="telegram",result="ok"} 9`, `onionbot_sends_total{network="telegram",result="retry"} 0`,
		`onionbot_sends_total{network="telegram",result="unwelcome"} 1`,
		`onionbot_receive_errors_total{network="telegram"} 3`, `onionbot_updates_total{network="telegram"} 12`,
		`onionbot_receive_trouble{network="telegram"} 1`, `onionbot_docker_up 0`, `onionbot_disk_ok 0`, `onionbot_clock_ok 0`, `onionbot_images_ok 0`, `onionbot_store_ok 1`,
		`onionbot_tor_up{tor="tor1"} 1`, `onionbot_tor_up{tor="tor2"} 0`,
	)
	if !strings.Contains(text, `onionbot_build_info{goversion="go`) || !strings.Contains(text, "process_open_fds") {
		t.Error("nothing about the process and its build")
	}
	for _, word := range append(secrets, ".onion", "third") {
		if strings.Contains(text, word) {
			t.Errorf("the scrape says %q", word)
		}
	}
}

func TestAStoreThatFailsHidesNothingElse(t *testing.T) {
	s := quiet()
	s.Store.(*storetest.Memory).Fail = func(string) error { return errors.New("disk I/O error") }
	text := endpoint(t, s)()
	wantLines(t, text, "onionbot_store_ok 0", "onionbot_docker_up 1", `onionbot_tor_up{tor="tor1"} 1`)
	if strings.Contains(text, "\nonionbot_instances{") || strings.Contains(text, "\nonionbot_outbox_pending{") {
		t.Error("numbers that nobody could read are shown")
	}
}
