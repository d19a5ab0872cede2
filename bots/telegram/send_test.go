package telegram_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onionbot/bots"
	"onionbot/bots/telegram"
	"onionbot/bots/telegram/telegramtest"
	"onionbot/services"
)

// meet is a server where alice has written to the bot, without which it may
// not write to her.
func meet(t *testing.T) (*telegramtest.Server, *telegram.Adapter) {
	s := telegramtest.New(t, token)
	s.Type(alice, "/start")
	return s, newAdapter(t, s)
}

func send(t *testing.T, a *telegram.Adapter, out bots.Outgoing) string {
	t.Helper()
	id, err := a.Send(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestRepliesLookAsTheyShould(t *testing.T) {
	addr := strings.Repeat("a", 56) + ".onion"
	tests := []struct {
		name, html string
		reply      bots.Reply
	}{
		{"plain", "hello", bots.Reply{Text: "hello"}},
		{"escaped", "&lt;b&gt; &amp; &#34;x&#34;", bots.Reply{Text: `<b> & "x"`}},
		{"address", "at <code>" + addr + "</code> now", bots.Reply{Text: "at " + addr + " now", Address: addr}},
		{
			"link around the address", `<a href="http://` + addr + `/">http://` + addr + `/</a>` + "\n<code>" + addr + "</code>",
			bots.Reply{Text: "http://" + addr + "/\n" + addr, Address: addr, Link: "http://" + addr + "/"},
		},
		{"address twice", "<code>x.onion</code> <code>x.onion</code>", bots.Reply{Text: "x.onion x.onion", Address: "x.onion"}},
		{
			"hostile link", `<a href="http://x/&#34;&gt;&lt;b&gt;">http://x/&#34;&gt;&lt;b&gt;</a>`,
			bots.Reply{Text: `http://x/"><b>`, Link: `http://x/"><b>`},
		},
		{"address that does not stand there", "none", bots.Reply{Text: "none", Address: addr, Link: "http://" + addr}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, a := meet(t)
			send(t, a, bots.Outgoing{Key: "k", To: to("1001"), Reply: tt.reply})
			got := s.Chat(alice)
			if len(got) != 1 || got[0].HTML != tt.html || got[0].Text != tt.reply.Text {
				t.Errorf("got %+v\nwant %s", got, tt.html)
			}
			if !got[0].PreviewDisabled {
				t.Error("Telegram's servers would fetch the link")
			}
		})
	}
}

func TestButtonsAndTheirLimit(t *testing.T) {
	s, a := meet(t)
	out := outgoing("k", "running")
	fits := strings.Repeat("x", 64)
	out.Reply.Buttons = [][]bots.Button{
		{{Label: "Stop", Command: "stop #a"}, {Label: "Long", Command: fits + "x"}, {Label: "Fits", Command: fits}},
		{{Label: "", Command: "nothing"}},
	}
	send(t, a, out)
	want := [][]telegramtest.Button{{{Label: "Stop", Data: "stop #a"}, {Label: "Fits", Data: fits}}}
	if diff := cmp.Diff(want, s.Chat(alice)[0].Buttons); diff != "" {
		t.Error(diff)
	}
	if r := s.Refusals(); r != nil {
		t.Errorf("refused: %q", r)
	}
}

func TestLongTextsAreSplitWithTheButtonsLast(t *testing.T) {
	s, a := meet(t)
	var lines []string
	for i := range 300 {
		lines = append(lines, fmt.Sprintf("line %d 🧅 <&> %s", i, strings.Repeat("é", 20)))
	}
	out := outgoing("k", strings.Join(lines, "\n"))
	out.Reply.Buttons = [][]bots.Button{{{Label: "Stop", Command: "stop"}}}
	id := send(t, a, out)
	got := s.Chat(alice)
	var text []string
	for i, m := range got {
		text = append(text, m.Text)
		if has := len(m.Buttons) > 0; has != (i == len(got)-1) {
			t.Errorf("message %d has buttons: %t", i, has)
		}
	}
	if strings.Join(text, "\n") != out.Reply.Text || len(got) != 3 || id != "2,3,4" {
		t.Errorf("%d messages, id %s", len(got), id)
	}
	// shorter again: the rest goes
	out.Key, out.Edit, out.Reply.Text = "k2", id, "short"
	if id := send(t, a, out); id != "2" {
		t.Errorf("id after the edit: %s", id)
	}
	if got := s.Chat(alice); len(got) != 1 || got[0].Text != "short" || got[0].Edits != 1 {
		t.Errorf("after the edit: %+v", got)
	}
}

func TestEdits(t *testing.T) {
	s, a := meet(t)
	first := outgoing("1", "starting")
	first.Reply.Buttons = [][]bots.Button{{{Label: "Stop", Command: "stop"}}}
	id := send(t, a, first)
	edit := func(key, text, target string) bots.Outgoing {
		o := outgoing(key, text)
		o.Edit = target
		return o
	}
	if got := send(t, a, edit("2", "reachable", id)); got != id {
		t.Errorf("edit moved from %s to %s", id, got)
	}
	if got := send(t, a, edit("3", "reachable", id)); got != id { // unchanged
		t.Errorf("unchanged edit moved from %s to %s", id, got)
	}
	if got := send(t, a, edit("4", "gone", "999")); got == "999" || got == id {
		t.Errorf("edit of a lost message gave %s", got)
	}
	alert := edit("5", "5 minutes left", id)
	alert.Alert = true
	if got := send(t, a, alert); got == id {
		t.Error("an alert was an edit")
	}
	var texts []string
	for _, m := range s.Chat(alice) {
		texts = append(texts, fmt.Sprintf("%s/%d/%d", m.Text, m.Edits, len(m.Buttons)))
	}
	want := []string{"reachable/1/0", "gone/0/0", "5 minutes left/0/0"}
	if diff := cmp.Diff(want, texts); diff != "" {
		t.Error(diff)
	}
}

func TestAQuietEditIsNeverANewMessage(t *testing.T) {
	s, a := meet(t)
	id := send(t, a, outgoing("1", "publishing"))
	quiet := func(key, text, target string) error {
		o := outgoing(key, text)
		o.Edit, o.Quiet = target, true
		_, err := a.Send(t.Context(), o)
		return err
	}
	if err := quiet("2", "reachable", id); err != nil {
		t.Error(err)
	}
	if err := quiet("3", strings.Repeat("long ", 2000), id); err != nil {
		t.Error(err)
	}
	if err := quiet("4", "gone", "999"); err == nil {
		t.Error("a message that is not there was edited")
	}
	if got := s.Chat(alice); len(got) != 1 || got[0].Edits != 2 || !strings.HasPrefix(got[0].Text, "long") {
		t.Errorf("the chat: %+v", got)
	}
}

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
