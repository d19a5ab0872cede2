package telegram_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onionbot/bots"
	"onionbot/bots/telegram"
	"onionbot/bots/telegram/telegramtest"
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
		{
			"a longer link that begins with the link",
			`<a href="http://x.onion/">http://x.onion/</a>` + "\n<code>x.onion</code>\nyours: <code>http://x.onion/secret/</code>",
			bots.Reply{Text: "http://x.onion/\nx.onion\nyours: http://x.onion/secret/", Address: "x.onion", Link: "http://x.onion/", Copy: []string{"http://x.onion/secret/"}},
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
