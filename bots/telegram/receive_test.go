package telegram_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onionbot/bots/telegram"
	"onionbot/bots/telegram/telegramtest"
	"onionbot/services"
)

func TestEveryFaultLosesAndDoublesNothing(t *testing.T) {
	faults := map[string]telegramtest.Fault{
		"flood":          {Kind: telegramtest.Flood, Times: 1, RetryAfter: 1},
		"gateway":        {Kind: telegramtest.Gateway, Times: 4},
		"broken":         {Kind: telegramtest.Broken, Times: 4},
		"portal":         {Kind: telegramtest.Portal, Times: 4},
		"redirect":       {Kind: telegramtest.Redirect, Times: 4},
		"cut":            {Kind: telegramtest.Cut, Times: 4},
		"cut afterwards": {Kind: telegramtest.CutAfter, Times: 4},
		"slow":           {Kind: telegramtest.Slow, Times: 2, Delay: 100 * time.Millisecond},
		"reorder":        {Kind: telegramtest.Reorder, Times: 3},
		"duplicate":      {Kind: telegramtest.Duplicate, Times: 3},
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			s := telegramtest.New(t, token)
			a, box := newAdapter(t, s), newInbox()
			fault.Method = "getUpdates"
			s.Type(alice, "before")
			s.Fault(fault)
			receive(t, a, box)
			var want []string
			want = append(want, "before")
			for i := range 5 {
				text := fmt.Sprintf("command %d", i)
				s.Type(alice, text)
				want = append(want, text)
				if i%2 == 0 {
					box.await(t, i+2)
				}
			}
			if diff := cmp.Diff(want, texts(t, a, box.await(t, len(want)))); diff != "" {
				t.Error(diff)
			}
			eventually(t, "everything confirmed", func() bool { return s.Pending() == 0 })
			if n := len(box.all()); n != len(want) {
				t.Errorf("%d events kept, want %d", n, len(want))
			}
			if h := a.Health(); h != "" {
				t.Errorf("Health = %q after the fault", h)
			}
		})
	}
}

func TestNothingIsAcknowledgedBeforeItIsKept(t *testing.T) {
	s := telegramtest.New(t, token)
	a, box := newAdapter(t, s), newInbox()
	box.fail = func(call int) error {
		if s.Pending() != 1 {
			t.Errorf("%d updates pending during keep, want 1", s.Pending())
		}
		if call <= 4 {
			return errors.New("disk full")
		}
		return nil
	}
	s.Type(alice, "start site")
	receive(t, a, box)
	box.await(t, 1)
	eventually(t, "the update is confirmed", func() bool { return s.Pending() == 0 })
	if box.calls != 5 {
		t.Errorf("keep was called %d times, want 5", box.calls)
	}
}

func TestCrashBeforeKeepDeliversAgain(t *testing.T) {
	s := telegramtest.New(t, token)
	s.Type(alice, "start site")
	ctx, crash := context.WithCancel(t.Context())
	first := newInbox()
	first.fail = func(int) error { crash(); return ctx.Err() }
	if err := newAdapter(t, s).Receive(ctx, "", first.keep); !errors.Is(err, context.Canceled) {
		t.Fatalf("Receive = %v", err)
	}
	if n := len(first.all()); n != 0 {
		t.Fatalf("%d events before the crash", n)
	}
	second, a := newInbox(), newAdapter(t, s)
	receive(t, a, second)
	if got := texts(t, a, second.await(t, 1)); got[0] != "start site" {
		t.Errorf("after the crash: %q", got)
	}
}

func TestCrashAfterKeepDoublesNothing(t *testing.T) {
	s := telegramtest.New(t, token)
	box := newInbox()
	s.Type(alice, "one")
	ctx, crash := context.WithCancel(t.Context())
	err := newAdapter(t, s).Receive(ctx, "", func(c context.Context, e []incoming, cur string) error {
		defer crash()
		return box.keep(c, e, cur)
	})
	if !errors.Is(err, context.Canceled) || s.Pending() != 1 {
		t.Fatalf("Receive = %v, %d pending", err, s.Pending())
	}
	a := newAdapter(t, s)
	receive(t, a, box)
	s.Type(alice, "two")
	if diff := cmp.Diff([]string{"one", "two"}, texts(t, a, box.await(t, 2))); diff != "" {
		t.Error(diff)
	}
	if box.calls != 2 {
		t.Errorf("keep was called %d times, want 2: the cursor did not hold", box.calls)
	}
}

func TestOneUnreadableUpdateBlocksNothing(t *testing.T) {
	s := telegramtest.New(t, token)
	a, box := newAdapter(t, s), newInbox()
	s.Type(alice, "one")
	s.PushRaw(func(id int64) string { return fmt.Sprintf(`{"update_id":%d,"message":"nonsense"}`, id) })
	s.PushRaw(func(id int64) string { return fmt.Sprintf(`{"update_id":%d,"surprise":{}}`, id) })
	s.PushRaw(func(int64) string { return `{"no_id":true}` })
	s.Type(alice, "two")
	receive(t, a, box)
	if diff := cmp.Diff([]string{"one", "error", "-", "two"}, texts(t, a, box.await(t, 4))); diff != "" {
		t.Error(diff)
	}
	eventually(t, "everything confirmed", func() bool { return s.Pending() == 0 })
}

func TestIDsThatBeginAgainLoseNothing(t *testing.T) {
	s := telegramtest.New(t, token)
	a, box := newAdapter(t, s), newInbox()
	receive(t, a, box)
	s.SkipIDs(5_000_000)
	s.Type(alice, "high")
	box.await(t, 1)
	eventually(t, "confirmed", func() bool { return s.Pending() == 0 })
	// The server would drop lower ids at the next confirmation, so the
	// person's message must come in with the poll that waits now.
	s.SkipIDs(77)
	s.Type(alice, "low")
	box.await(t, 2)
	s.Type(alice, "next")
	if diff := cmp.Diff([]string{"high", "low", "next"}, texts(t, a, box.await(t, 3))); diff != "" {
		t.Error(diff)
	}
}

func TestARefusedTokenIsToldAndTriedAgainSlowly(t *testing.T) {
	s := telegramtest.New(t, token)
	a, box := newAdapter(t, s, func(o *telegram.Options) { o.RefusedPause = 300 * time.Millisecond }), newInbox()
	receive(t, a, box)
	s.Type(alice, "one")
	box.await(t, 1)
	s.Revoke()
	eventually(t, "the trouble is told", func() bool { return strings.Contains(a.Health(), "token") })
	before, began := s.Calls("getUpdates"), time.Now()
	eventually(t, "more attempts", func() bool { return s.Calls("getUpdates") >= before+6 })
	if d := time.Since(began); d < 300*time.Millisecond {
		t.Errorf("six attempts in %s", d)
	}
	s.Restore()
	s.Type(alice, "two")
	if diff := cmp.Diff([]string{"one", "two"}, texts(t, a, box.await(t, 2))); diff != "" {
		t.Error(diff)
	}
	eventually(t, "the trouble is over", func() bool { return a.Health() == "" })
}

func TestANewTokenIsReadWhereTheOldOneWas(t *testing.T) {
	s := telegramtest.New(t, token)
	const renewed = "42:AAanother-token_0123456789abcdefgh"
	l := &logs{}
	var file atomic.Pointer[services.Secret]
	file.Store(new(services.Secret))
	a, box := newAdapter(t, s, func(o *telegram.Options) {
		o.Logger, o.RefusedPause = l.logger(), 30*time.Second
		o.ReadToken = func() (services.Secret, error) { return *file.Load(), nil }
	}), newInbox()
	receive(t, a, box)
	s.Type(alice, "one")
	box.await(t, 1)
	put := services.Secret(renewed)
	file.Store(&put)
	s.Reissue(renewed)
	s.Type(alice, "two")
	if diff := cmp.Diff([]string{"one", "two"}, texts(t, a, box.await(t, 2))); diff != "" {
		t.Error(diff)
	}
	send(t, a, outgoing("k", "hello"))
	eventually(t, "the trouble is over", func() bool { return a.Health() == "" })
	if leaks(l.String()) || strings.Contains(l.String(), "another-token") {
		t.Errorf("a token is in the log:\n%s", l)
	}
}

func TestAClockThatIsWrongMakesNoMessageOld(t *testing.T) {
	for _, off := range []time.Duration{2 * time.Hour, -2 * time.Hour, 0} {
		s := telegramtest.New(t, token)
		here := func() time.Time { return time.Now().Add(off) }
		a, box := newAdapter(t, s, func(o *telegram.Options) { o.Clock = services.ClockFunc(here) }), newInbox()
		s.Type(alice, "stop site")
		old := s.Message(alice, "start site")
		old["date"] = time.Now().Add(-time.Hour).Unix()
		s.Push("message", old)
		receive(t, a, box)
		for k, want := range []time.Duration{0, time.Hour} {
			m, err := a.Decode(t.Context(), box.await(t, 2)[k])
			if err != nil || m == nil {
				t.Fatal(m, err)
			}
			if age := here().Sub(m.SentAt); age < want-2*time.Second || age > want+10*time.Second {
				t.Errorf("clock off by %s: message %d looks %s old", off, k, age)
			}
			if (m.ClockAhead-off).Abs() > time.Minute || (a.ClockAhead()-off).Abs() > 5*time.Second {
				t.Errorf("clock off by %s, the message says %s, the adapter %s", off, m.ClockAhead, a.ClockAhead())
			}
		}
	}
}
