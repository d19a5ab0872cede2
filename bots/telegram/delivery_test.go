package telegram_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"onionbot/bots"
	"onionbot/bots/telegram"
	"onionbot/bots/telegram/telegramtest"
	"onionbot/services"
)

func TestFailuresSayWhatTheyMean(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(*telegramtest.Server)
		out     bots.Outgoing
		want    bots.SendError
	}{
		{"blocked", func(s *telegramtest.Server) { s.Block(alice, true) }, outgoing("k", "x"), bots.SendError{Permanent: true, Unwelcome: true}},
		{"never met", nil, bots.Outgoing{Key: "k", To: to("5"), Reply: bots.Reply{Text: "x"}}, bots.SendError{Permanent: true, Unwelcome: true}},
		{"empty", nil, outgoing("k", " \n "), bots.SendError{Permanent: true}},
		{"a group", nil, bots.Outgoing{Key: "k", To: to("-100"), Reply: bots.Reply{Text: "x"}}, bots.SendError{Permanent: true}},
		{"flood", fault(telegramtest.Fault{Kind: telegramtest.Flood, RetryAfter: 17}), outgoing("k", "x"), bots.SendError{RetryAfter: 17 * time.Second}},
		{"gateway", fault(telegramtest.Fault{Kind: telegramtest.Gateway}), outgoing("k", "x"), bots.SendError{}},
		{"portal", fault(telegramtest.Fault{Kind: telegramtest.Portal}), outgoing("k", "x"), bots.SendError{}},
		{"redirect", fault(telegramtest.Fault{Kind: telegramtest.Redirect}), outgoing("k", "x"), bots.SendError{}},
		{"broken", fault(telegramtest.Fault{Kind: telegramtest.Broken}), outgoing("k", "x"), bots.SendError{Answered: true}},
		{"cut", fault(telegramtest.Fault{Kind: telegramtest.Cut}), outgoing("k", "x"), bots.SendError{}},
		{"revoked", (*telegramtest.Server).Revoke, outgoing("k", "x"), bots.SendError{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, a := meet(t)
			if tt.prepare != nil {
				tt.prepare(s)
			}
			_, err := a.Send(t.Context(), tt.out)
			var got *bots.SendError
			if !errors.As(err, &got) {
				t.Fatalf("error %T: %v", err, err)
			}
			if got.RetryAfter != tt.want.RetryAfter || got.Permanent != tt.want.Permanent || got.Unwelcome != tt.want.Unwelcome || got.Answered != tt.want.Answered || got.Cause == nil {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func fault(f telegramtest.Fault) func(*telegramtest.Server) {
	f.Method = "sendMessage"
	return func(s *telegramtest.Server) { s.Fault(f) }
}

func TestChatIsLeftAloneAfterAFlood(t *testing.T) {
	s, a := meet(t)
	s.Fault(telegramtest.Fault{Kind: telegramtest.Flood, RetryAfter: 2})
	for i := range 5 {
		_, err := a.Send(t.Context(), outgoing(fmt.Sprint(i), "x"))
		var got *bots.SendError
		if !errors.As(err, &got) || got.RetryAfter <= 0 || got.RetryAfter > 2*time.Second {
			t.Fatalf("attempt %d: %v", i, err)
		}
	}
	if n := s.Calls("sendMessage") + s.Calls("fault:sendMessage"); n != 1 {
		t.Errorf("%d calls, want 1", n)
	}
}

func TestRetryWithTheSameKeySendsOnce(t *testing.T) {
	s, a := meet(t)
	first := send(t, a, outgoing("k", "hello"))
	if again := send(t, a, outgoing("k", "hello")); again != first {
		t.Errorf("ids %s and %s", first, again)
	}
	long := outgoing("long", strings.Repeat(strings.Repeat("x", 99)+"\n", 100))
	s.Fault(telegramtest.Fault{Kind: telegramtest.Slow, Method: "sendMessage"})
	s.Fault(telegramtest.Fault{Kind: telegramtest.Gateway, Method: "sendMessage"})
	if _, err := a.Send(t.Context(), long); err == nil {
		t.Fatal("the second part was not refused")
	}
	send(t, a, long)
	if n := len(s.Chat(alice)); n != 4 {
		t.Errorf("%d messages, want 1 + 3", n)
	}
}

func TestSendEndsWithItsContext(t *testing.T) {
	s, a := meet(t)
	s.Fault(telegramtest.Fault{Kind: telegramtest.Slow, Times: -1, Delay: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := a.Send(ctx, outgoing("k", "x"))
	var got *bots.SendError
	if !errors.As(err, &got) || got.Permanent || time.Since(began) > 2*time.Second {
		t.Errorf("after %s: %v", time.Since(began), err)
	}
}

func TestPaceOfAChat(t *testing.T) {
	s := telegramtest.New(t, token)
	s.Limit(10, 4) // one more at once than we allow ourselves, for jitter on the way
	s.Type(alice, "/start")
	s.Type(alice+1, "/start")
	a := newAdapter(t, s, func(o *telegram.Options) { o.ChatRate = 10 })
	began := time.Now()
	for i := range 8 { // a burst of 3, then 10 per second
		send(t, a, outgoing(fmt.Sprint(i), "x"))
	}
	if d := time.Since(began); d < 480*time.Millisecond {
		t.Errorf("8 messages in %s", d)
	}
	began = time.Now()
	send(t, a, bots.Outgoing{Key: "other", To: services.Route{Account: "1002"}, Reply: bots.Reply{Text: "x"}})
	if d := time.Since(began); d > 80*time.Millisecond {
		t.Errorf("another chat waited %s", d)
	}
	if n := s.Calls("limited"); n != 0 {
		t.Errorf("%d messages came too fast for the server", n)
	}
}
