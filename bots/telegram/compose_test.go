package telegram_test

import (
	"bytes"
	"image/png"
	"strings"
	"testing"

	"onionbot/bots"
	"onionbot/bots/telegram/telegramtest"
)

func TestAPictureThatIsNotTakenGoesAsText(t *testing.T) {
	for name, tt := range map[string]struct {
		kind  telegramtest.Kind
		times int // attempts that fail before the text goes
	}{"broken": {telegramtest.Broken, 2}, "gateway": {telegramtest.Gateway, -1}} {
		t.Run(name, func(t *testing.T) {
			s, a := meet(t)
			s.Fault(telegramtest.Fault{Kind: tt.kind, Method: "sendPhoto", Times: -1})
			out := outgoing("qr", "The address of site:\nhttp://x.onion/")
			out.Reply.QR, out.Reply.Link = "http://x.onion/", "http://x.onion/"
			failed := 0
			for ; failed < 6; failed++ {
				out.Attempt = failed
				if _, err := a.Send(t.Context(), out); err == nil {
					break
				}
			}
			got := s.Chat(alice)
			if tt.times < 0 { // who answers is not Telegram: nothing would be taken
				if failed < 6 || len(got) != 0 {
					t.Errorf("after %d failures: %+v", failed, got)
				}
				return
			}
			if failed != tt.times || len(got) != 1 || !strings.Contains(got[0].Text, "http://x.onion/") || got[0].Photo != nil {
				t.Errorf("after %d failures: %+v", failed, got)
			}
		})
	}
}

func TestWhatIsToBeCopiedIsCopiedWhole(t *testing.T) {
	s, a := meet(t)
	one, two := strings.Repeat("a", 56)+".onion", strings.Repeat("b", 56)+".onion"
	line := "torsocks ssh -p 22 onion@" + one
	out := outgoing("card", "ssh is reachable.\n"+line+"\nHost key: SHA256:x")
	out.Reply.Address, out.Reply.Copy = one, []string{line}
	send(t, a, out)
	out = outgoing("list", "ssh: reachable\n    "+one+"\nsite: reachable\n    "+two)
	out.Reply.Copy = []string{one, two}
	send(t, a, out)
	out = outgoing("joint", "camp is reachable.\nsite: http://"+one+"/\nssh: "+line)
	out.Reply.Address, out.Reply.Link, out.Reply.Copy = one, "http://"+one+"/", []string{line}
	send(t, a, out)
	got := s.Chat(alice)
	if !strings.Contains(got[0].HTML, "<code>"+line+"</code>") {
		t.Errorf("the line: %s", got[0].HTML)
	}
	if want := `site: <a href="http://` + one + `/">http://` + one + "/</a>\n<code>" + one + "</code>\nssh: <code>" + line + "</code>"; !strings.Contains(got[2].HTML, want) {
		t.Errorf("several services: %s", got[2].HTML)
	}
	for _, address := range []string{one, two} {
		if !strings.Contains(got[1].HTML, "<code>"+address+"</code>") {
			t.Errorf("the list: %s", got[1].HTML)
		}
	}
}

func TestQRCodeIsAPicture(t *testing.T) {
	s, a := meet(t)
	out := outgoing("k", "scan this")
	out.Reply.QR = "http://" + strings.Repeat("a", 56) + ".onion/"
	out.Reply.Buttons = [][]bots.Button{{{Label: "Stop", Command: "stop"}}}
	id := send(t, a, out)
	out.Key, out.Reply.Text = "k2", strings.Repeat("long ", 300)
	send(t, a, out)
	out.Key, out.Reply.Text, out.Edit = "k3", "scan that", id
	send(t, a, out) // a picture cannot become a text
	got := s.Chat(alice)
	if len(got) != 5 || got[0].Text != "scan this" || len(got[0].Buttons) != 1 || got[1].Photo != nil || got[2].Photo == nil ||
		len(got[1].Buttons) != 1 || got[3].Text != "scan that" || got[4].Photo == nil {
		t.Fatalf("got %+v", got)
	}
	if _, err := png.Decode(bytes.NewReader(got[0].Photo)); err != nil {
		t.Error(err)
	}
}
