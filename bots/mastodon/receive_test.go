package mastodon_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onionbot/bots/mastodon"
	"onionbot/bots/mastodon/mastodontest"
	"onionbot/services"
)

func decodeTexts(t *testing.T, a *mastodon.Adapter, rows []services.Incoming) []string {
	t.Helper()
	var got []string
	for _, r := range rows {
		got = append(got, decode(t, a, r).Text)
	}
	return got
}

// history is what was said to the account before the bot existed.
func history(s *mastodontest.Server, from *mastodontest.Account, n int) {
	for i := range n {
		s.Publish(mastodontest.Toot{From: from, Text: "@onionbot stop all", Age: time.Duration(n-i) * 10 * time.Second})
	}
}

func TestHistoryIsNeverExecuted(t *testing.T) {
	onEach(t, func(t *testing.T, s *mastodontest.Server) {
		alice := s.AddAccount("alice")
		history(s, alice, 3)
		a, sh := newAdapter(t, s, nil), newShelf()
		receive(t, a, sh)
		sh.await(t, 0)
		s.Mention(alice, "direct", "start site")
		if got := decodeTexts(t, a, sh.await(t, 1)); !cmp.Equal(got, []string{"start site"}) {
			t.Errorf("kept %q", got)
		}
	})
}

// TestWhatIsSaidBeforeTheServerIsReachedCounts: the first poll comes late, is
// tried by two processes, and finds more than a page, by whatever clock.
func TestWhatIsSaidBeforeTheServerIsReachedCounts(t *testing.T) {
	for _, ahead := range []time.Duration{0, time.Hour, -time.Hour} {
		t.Run(ahead.String(), func(t *testing.T) {
			onEach(t, func(t *testing.T, s *mastodontest.Server) {
				s.ClockAhead(ahead)
				alice := s.AddAccount("alice")
				history(s, alice, 60)
				sh := newShelf()
				s.Fault(mastodontest.BadGateway(1_000_000))
				stop := receive(t, newAdapter(t, s, nil), sh)
				sh.awaitCursor(t)
				want := texts(90)
				for _, text := range want[:45] {
					s.Mention(alice, "direct", text)
				}
				_ = stop() // it never got an answer
				for _, text := range want[45:] {
					s.Mention(alice, "direct", text)
				}
				s.ClearFaults()
				a := newAdapter(t, s, nil)
				receive(t, a, sh)
				if diff := cmp.Diff(want, decodeTexts(t, a, sh.await(t, len(want)))); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestTheVeryFirstMentionOfAnAccountArrives(t *testing.T) {
	onEach(t, func(t *testing.T, s *mastodontest.Server) {
		a, sh := newAdapter(t, s, nil), newShelf()
		receive(t, a, sh)
		sh.await(t, 0)
		s.Mention(s.AddAccount("alice"), "direct", "help")
		if got := decodeTexts(t, a, sh.await(t, 1)); !cmp.Equal(got, []string{"help"}) {
			t.Errorf("kept %q", got)
		}
	})
}

func TestAnOutageWith500WaitingMentionsLosesNoneAndRepeatsNone(t *testing.T) {
	onEach(t, func(t *testing.T, s *mastodontest.Server) {
		alice := s.AddAccount("alice@remote.example")
		a, sh := newAdapter(t, s, nil), newShelf()
		stop := receive(t, a, sh)
		sh.await(t, 0)
		s.Mention(alice, "direct", "before")
		sh.await(t, 1)
		_ = stop()

		want := texts(500)
		for _, text := range want {
			s.Mention(alice, "direct", text)
		}
		// On the way back everything goes wrong in the middle: the store
		// fails, the proxy fails, the connection ends.
		sh.fail = func(call int) error {
			if call == 5 {
				return errors.New("disk full")
			}
			return nil
		}
		s.Fault(mastodontest.Fault{Path: "/api/v1/notifications", Cut: true})
		s.Fault(mastodontest.BadGateway(2))
		receive(t, a, sh)
		got := decodeTexts(t, a, sh.await(t, 501))
		if diff := cmp.Diff(append([]string{"before"}, want...), got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestASecondNotificationAboutAPostIsADuplicate(t *testing.T) {
	onEach(t, func(t *testing.T, s *mastodontest.Server) {
		alice := s.AddAccount("alice")
		a, sh := newAdapter(t, s, nil), newShelf()
		receive(t, a, sh)
		sh.await(t, 0)
		id := s.Mention(alice, "direct", "start site")
		s.Renotify(id)
		sh.await(t, 1)
		s.Mention(alice, "direct", "status")
		if got := decodeTexts(t, a, sh.await(t, 2)); !cmp.Equal(got, []string{"start site", "status"}) {
			t.Errorf("kept %q", got)
		}
	})
}

func TestARefusedTokenIsToldAndTriedAgain(t *testing.T) {
	s := mastodontest.New(t, mastodontest.Mastodon45)
	alice := s.AddAccount("alice")
	a, sh := newAdapter(t, s, nil), newShelf()
	receive(t, a, sh)
	sh.await(t, 0)
	s.Revoke(mastodontest.Token)
	eventually(t, func() bool { return strings.Contains(a.Health(), "login") })
	s.GrantScopes(mastodontest.Token, "read", "write", "follow")
	s.Mention(alice, "direct", "list")
	if got := decodeTexts(t, a, sh.await(t, 1)); !cmp.Equal(got, []string{"list"}) {
		t.Errorf("kept %q", got)
	}
	eventually(t, func() bool { return a.Health() == "" })
}

func TestANewTokenIsReadWhereTheOldOneWas(t *testing.T) {
	s := mastodontest.New(t, mastodontest.Mastodon45)
	alice := s.AddAccount("alice")
	const renewed = "another-token-secret"
	a, sh := newAdapter(t, s, func(o *mastodon.Options) {
		o.ReadToken = func() (services.Secret, error) { return renewed, nil }
	}), newShelf()
	receive(t, a, sh)
	sh.await(t, 0)
	s.GrantScopes(renewed, "read", "write", "follow")
	s.Revoke(mastodontest.Token)
	s.Mention(alice, "direct", "list")
	if got := decodeTexts(t, a, sh.await(t, 1)); !cmp.Equal(got, []string{"list"}) {
		t.Errorf("kept %q", got)
	}
	send(t, a, outgoing(s, alice, "reply/1", "hello"))
}

func TestAClockThatIsWrongMakesNoMessageOld(t *testing.T) {
	for _, off := range []time.Duration{2 * time.Hour, -2 * time.Hour, 0} {
		s := mastodontest.New(t, mastodontest.Mastodon45)
		alice := s.AddAccount("alice")
		here := func() time.Time { return time.Now().Add(off) }
		a, sh := newAdapter(t, s, func(o *mastodon.Options) { o.Clock = services.ClockFunc(here) }), newShelf()
		receive(t, a, sh)
		sh.await(t, 0)
		s.Publish(mastodontest.Toot{From: alice, Text: "@onionbot start site", Age: time.Hour})
		s.Mention(alice, "direct", "stop site")
		for k, want := range []time.Duration{time.Hour, 0} {
			m := decode(t, a, sh.await(t, 2)[k])
			if age := here().Sub(m.SentAt); age < want-5*time.Second || age > want+20*time.Second {
				t.Errorf("clock off by %s: message %d looks %s old", off, k, age)
			}
			if (m.ClockAhead - off).Abs() > time.Minute {
				t.Errorf("clock off by %s, the message says %s", off, m.ClockAhead)
			}
		}
	}
}

func TestAProxyPageWith403IsNotARevokedToken(t *testing.T) {
	s := mastodontest.New(t, mastodontest.Mastodon45)
	a, sh := newAdapter(t, s, nil), newShelf()
	s.Fault(mastodontest.Fault{Times: 3, Status: http.StatusForbidden, Body: "<html>Tor exit blocked</html>"})
	receive(t, a, sh)
	sh.await(t, 0)
}

func TestA429IsWaitedForAndNotHammered(t *testing.T) {
	s := mastodontest.New(t, mastodontest.Mastodon45)
	a, sh := newAdapter(t, s, nil), newShelf()
	reset := time.Now().Add(400 * time.Millisecond)
	s.Fault(mastodontest.Throttle(1, reset))
	receive(t, a, sh)
	sh.await(t, 0)
	requests := s.Requests()
	if len(requests) < 2 || requests[1].At.Before(reset.Add(-10*time.Millisecond)) {
		t.Errorf("asked again %s before the reset", reset.Sub(requests[1].At))
	}
}

func TestFailuresNeverSpin(t *testing.T) {
	s := mastodontest.New(t, mastodontest.Mastodon45)
	a, sh := newAdapter(t, s, func(o *mastodon.Options) { o.PollInterval = 20 * time.Millisecond }), newShelf()
	s.Fault(mastodontest.BadGateway(1_000_000))
	start := time.Now()
	receive(t, a, sh)
	deadline := time.Now().Add(10 * time.Second)
	for a.Health() == "" && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond) // polls a real external thing: the loop's health
	}
	if a.Health() == "" {
		t.Fatal("health says all is well")
	}
	// 20+40+80 ms and so on: the number of requests is logarithmic in time.
	if n, spent := len(s.Requests()), time.Since(start); n > 8+int(spent/(20*time.Millisecond)) {
		t.Errorf("%d requests in %s", n, spent)
	}
	s.ClearFaults()
	sh.await(t, 0)
}

func TestPollingKeepsToTheServersBudget(t *testing.T) {
	s := mastodontest.New(t, mastodontest.Mastodon45)
	s.RateLimit(300, 2*time.Second)
	a, sh := newAdapter(t, s, func(o *mastodon.Options) { o.PollInterval = time.Millisecond }), newShelf()
	stop := receive(t, a, sh)
	sh.await(t, 0)
	time.Sleep(2500 * time.Millisecond) // a whole window of real time
	_ = stop()
	if strings.Contains(a.Health(), "answer") || len(s.Requests()) > 450 {
		t.Errorf("%d requests in a window of 300", len(s.Requests()))
	}
	if len(s.Requests()) < 20 {
		t.Errorf("only %d requests", len(s.Requests()))
	}
}
