package telegram_test

import (
	"fmt"
	"strings"
	"testing"

	"onionbot/bots"
	"onionbot/bots/telegram/telegramtest"
)

// decoded receives n updates and decodes them.
func decoded(t *testing.T, s *telegramtest.Server, n int) []*bots.Message {
	t.Helper()
	a, box := newAdapter(t, s), newInbox()
	stop := receive(t, a, box)
	var out []*bots.Message
	for _, e := range box.await(t, n) {
		m, err := a.Decode(t.Context(), e)
		if err != nil || m == nil {
			t.Fatalf("%s: %+v, %v", e.Raw, m, err)
		}
		out = append(out, m)
	}
	_ = stop()
	return out
}

func TestPartsOfAnAlbumNameTheirGroup(t *testing.T) {
	s := telegramtest.New(t, token)
	s.SendAlbum(alice, telegramtest.Part{Data: []byte("1")}, telegramtest.Part{Data: []byte("22"), Caption: "start site"})
	s.SendAlbum(alice, telegramtest.Part{Name: "a.pdf", Data: []byte("333")})
	s.SendPhoto(alice, []byte("4444"), "")
	video := s.Message(alice, "")
	delete(video, "text")
	video["video"], video["caption"], video["media_group_id"] = map[string]any{"file_id": "v"}, "start blog", "9"
	s.Push("message", video)
	var got []string
	for _, m := range decoded(t, s, 5) {
		name := m.Unsupported
		if len(m.Attachments) == 1 {
			name = fmt.Sprintf("%q %d", m.Attachments[0].Name, m.Attachments[0].Size)
		}
		got = append(got, fmt.Sprintf("%s %s %q", m.Group, name, m.Text))
	}
	want := `13800000000000001 "" 1 ""
13800000000000001 "" 2 "start site"
13800000000000002 "a.pdf" 3 ""
 "" 4 ""
9 video "start blog"`
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("got\n%s\nwant\n%s", s, want)
	}
}

func TestATextThatFillsAMessageMayGoOn(t *testing.T) {
	s := telegramtest.New(t, token)
	s.TypeLong(alice, "start site\n"+strings.Repeat("word ", 970)) // 4,861 characters
	s.Type(alice, strings.Repeat("line\n", 700))
	s.Type(alice, strings.Repeat("🧅", 2048))
	s.Type(alice, "start site\na note")
	var got []bots.Cut
	for _, m := range decoded(t, s, 5) {
		got = append(got, m.Cut)
	}
	if want := []bots.Cut{bots.Hard, bots.Whole, bots.AtBreak, bots.Hard, bots.Whole}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAnAnswerToOnesOwnFileBringsTheFile(t *testing.T) {
	s := telegramtest.New(t, token)
	own := s.FileMessage(alice, "page.html", []byte("<p>hi"), "")
	s.Reply(alice, own, "start site")
	forwarded := s.FileMessage(alice, "page.html", []byte("<p>hi"), "")
	forwarded["forward_origin"] = map[string]any{"type": "hidden_user"}
	s.Reply(alice, forwarded, "start site")
	s.Reply(alice, map[string]any{"message_id": 1, "from": map[string]any{"id": 42, "is_bot": true}, "document": own["document"]}, "start site")
	messages := decoded(t, s, 3)
	if q := messages[0].Quoted; len(q) != 1 || q[0].Name != "page.html" {
		t.Fatalf("quoted: %+v", q)
	}
	if data, err := readAttachment(t, messages[0].Quoted[0]); err != nil || string(data) != "<p>hi" {
		t.Errorf("read %q, %v", data, err)
	}
	for _, m := range messages[1:] {
		if len(m.Quoted) != 0 || m.Text != "start site" {
			t.Errorf("somebody else's file: %+v", m)
		}
	}
}

func TestEditsAndForwardsAreReceived(t *testing.T) {
	s := telegramtest.New(t, token)
	first := s.Message(alice, "strat site")
	s.Push("message", first)
	s.Edit(alice, first, "start site")
	s.Forward(alice, first)
	var got []string
	for _, m := range decoded(t, s, 3) {
		got = append(got, m.Text+"!"+m.Unsupported)
	}
	if want := "strat site! !edited message !forwarded message"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
