package telegram_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onionbot/bots/telegram"
	"onionbot/bots/telegram/telegramtest"
)

func TestWebhookIsNamedAndLeftAlone(t *testing.T) {
	s := telegramtest.New(t, token)
	a, box := newAdapter(t, s), newInbox()
	s.SetWebhook(true)
	receive(t, a, box)
	eventually(t, "the webhook is named", func() bool { return strings.Contains(a.Health(), "webhook") })
	if n := s.Calls("deleteWebhook"); n != 0 {
		t.Errorf("the webhook was deleted %d times", n)
	}
	s.SetWebhook(false)
	s.Type(alice, "hello")
	box.await(t, 1)
	eventually(t, "the trouble is over", func() bool { return a.Health() == "" })
}

func TestTwoPollersAreNamed(t *testing.T) {
	s := telegramtest.New(t, token)
	slow := func(o *telegram.Options) { o.MinPause, o.MaxPause = time.Second, time.Second }
	a, b := newAdapter(t, s, slow), newAdapter(t, s, slow)
	box := newInbox()
	receive(t, a, box)
	eventually(t, "the first polls", func() bool { return s.Calls("getUpdates") == 1 })
	receive(t, b, box)
	eventually(t, "the first names the second", func() bool {
		return strings.Contains(a.Health(), "Another program")
	})
}

func TestFailuresNeverSpin(t *testing.T) {
	for _, kind := range []telegramtest.Kind{telegramtest.Gateway, telegramtest.Portal, telegramtest.Cut, telegramtest.Broken} {
		s := telegramtest.New(t, token)
		s.Fault(telegramtest.Fault{Kind: kind, Method: "getUpdates", Times: -1})
		a := newAdapter(t, s, func(o *telegram.Options) { o.MinPause, o.MaxPause = 100*time.Millisecond, time.Minute })
		stop := receive(t, a, newInbox())
		began := time.Now()
		eventually(t, "the trouble is told", func() bool { return a.Health() != "" })
		_ = stop()
		// three failures: pauses of at least 50 and 100 ms between them
		if n, d := s.Calls("fault:getUpdates"), time.Since(began); n > 4 || d < 150*time.Millisecond {
			t.Errorf("kind %d: %d calls in %s", kind, n, d)
		}
	}
}

func TestRetryAfterIsObeyed(t *testing.T) {
	s := telegramtest.New(t, token)
	s.Fault(telegramtest.Fault{Kind: telegramtest.Flood, Method: "getUpdates", RetryAfter: 1})
	s.Type(alice, "hello")
	box := newInbox()
	began := time.Now()
	receive(t, newAdapter(t, s), box)
	box.await(t, 1)
	if d := time.Since(began); d < time.Second {
		t.Errorf("polled again after %s", d)
	}
	if n := s.Calls("fault:getUpdates"); n != 1 {
		t.Errorf("%d refused polls, want 1", n)
	}
}

func TestCancellationEndsALongPollAtOnce(t *testing.T) {
	for name, prepare := range map[string]func(*telegramtest.Server){
		"waiting": func(*telegramtest.Server) {},
		"slow": func(s *telegramtest.Server) {
			s.Fault(telegramtest.Fault{Kind: telegramtest.Slow, Times: -1, Delay: time.Hour})
		},
		"paused": func(s *telegramtest.Server) {
			s.Fault(telegramtest.Fault{Kind: telegramtest.Flood, Times: -1, RetryAfter: 3600})
		},
	} {
		s := telegramtest.New(t, token)
		prepare(s)
		stop := receive(t, newAdapter(t, s), newInbox())
		eventually(t, "a poll", func() bool { return s.Calls("getUpdates")+s.Calls("fault:getUpdates") > 0 })
		began := time.Now()
		if err := stop(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: Receive = %v", name, err)
		}
		if d := time.Since(began); d > time.Second {
			t.Errorf("%s: ending took %s", name, d)
		}
	}
}

func TestMenuIsSetForPrivateChats(t *testing.T) {
	s := telegramtest.New(t, token)
	s.Fault(telegramtest.Fault{Kind: telegramtest.Gateway, Method: "setMyCommands", Times: 2})
	a := newAdapter(t, s, func(o *telegram.Options) {
		o.Commands = []telegram.Command{
			{Name: "site", Description: "a web site"},
			{Name: "Not-Possible", Description: "left out"},
			{Name: "long", Description: strings.Repeat("ä", 300)},
		}
	})
	receive(t, a, newInbox())
	want := []telegramtest.MenuEntry{{Command: "site", Description: "a web site"}, {Command: "long", Description: strings.Repeat("ä", 256)}}
	eventually(t, "the menu", func() bool { return cmp.Equal(want, s.Menu("all_private_chats")) })
}

func TestPressesAreAnsweredAfterTheyAreKept(t *testing.T) {
	s := telegramtest.New(t, token)
	a, box := newAdapter(t, s), newInbox()
	s.Type(alice, "hello")
	receive(t, a, box)
	box.await(t, 1)
	s.Press(alice, "stop #abc")
	if got := texts(t, a, box.await(t, 2)); got[1] != "stop #abc" {
		t.Errorf("the press reads %q", got[1])
	}
	eventually(t, "the press is answered", func() bool { return s.Answered() == 1 })
}

func TestOldPressesDoNotLookFresh(t *testing.T) {
	s := telegramtest.New(t, token)
	a := newAdapter(t, s)
	s.Press(alice, "start site")
	for _, tt := range []struct {
		name, cursor string
		fresh        bool
	}{
		{"first start", "", false},
		{"after hours", fmt.Sprintf("1:%d", time.Now().Add(-5*time.Hour).Unix()), false},
		{"after seconds", fmt.Sprintf("1:%d", time.Now().Add(-5*time.Second).Unix()), true},
	} {
		box := newInbox()
		ctx, cancel := context.WithCancel(t.Context())
		_ = a.Receive(ctx, tt.cursor, func(_ context.Context, e []incoming, cur string) error {
			defer cancel() // before anything is confirmed
			return box.keep(ctx, e, cur)
		})
		m, err := a.Decode(t.Context(), box.await(t, 1)[0])
		if err != nil || m == nil {
			t.Fatalf("%s: %v, %v", tt.name, m, err)
		}
		if age := time.Since(m.SentAt); (age < time.Minute) != tt.fresh {
			t.Errorf("%s: the press looks %s old", tt.name, age)
		}
	}
}

func TestUnreadableCursorIsAnError(t *testing.T) {
	s := telegramtest.New(t, token)
	for _, cursor := range []string{"x", "-4", "1;2"} {
		if err := newAdapter(t, s).Receive(t.Context(), cursor, newInbox().keep); err == nil || !strings.Contains(err.Error(), "position") {
			t.Errorf("Receive(%q) = %v", cursor, err)
		}
	}
}

func TestTenThousandUpdatesOfTwoHundredPeople(t *testing.T) {
	s := telegramtest.New(t, token)
	a, box := newAdapter(t, s), newInbox()
	s.Fault(telegramtest.Fault{Kind: telegramtest.Duplicate, Method: "getUpdates", Times: 20})
	s.Fault(telegramtest.Fault{Kind: telegramtest.Reorder, Method: "getUpdates", Times: 20})
	s.Fault(telegramtest.Fault{Kind: telegramtest.Cut, Method: "getUpdates", Times: 5})
	const people, each = 200, 50
	receive(t, a, box)
	for i := range each {
		for p := range people {
			s.Type(int64(5000+p), fmt.Sprintf("command %d", i))
		}
	}
	events := box.await(t, people*each)
	eventually(t, "everything confirmed", func() bool { return s.Pending() == 0 })
	got := map[string][]string{}
	for _, e := range events {
		m, err := a.Decode(t.Context(), e)
		if err != nil || m == nil {
			t.Fatalf("update %s: %v, %v", e.ID, m, err)
		}
		got[m.From.Account] = append(got[m.From.Account], m.Text)
	}
	if len(events) != people*each || len(got) != people {
		t.Fatalf("%d events of %d people", len(events), len(got))
	}
	for who, list := range got {
		for i, text := range list {
			if len(list) != each || text != fmt.Sprintf("command %d", i) {
				t.Fatalf("%s: %d commands, number %d is %q", who, len(list), i, text)
			}
		}
	}
}

func TestTroubleIsOverSoonAfterItsCause(t *testing.T) {
	s := telegramtest.New(t, token)
	a := newAdapter(t, s, func(o *telegram.Options) { o.PollTimeout = 50 * time.Second })
	s.Fault(telegramtest.Fault{Kind: telegramtest.Gateway, Method: "getUpdates", Times: -1})
	receive(t, a, newInbox())
	eventually(t, "the trouble is told", func() bool { return a.Health() != "" })
	s.ClearFaults()
	eventually(t, "the trouble is over, though nobody writes", func() bool { return a.Health() == "" })
	if a.ReceiveErrors() < 3 {
		t.Errorf("%d failed attempts were counted", a.ReceiveErrors())
	}
}
