package telegram_test

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onionbot/bots"
	"onionbot/bots/telegram"
	"onionbot/bots/telegram/telegramtest"
	"onionbot/services"
)

func TestOnlyAPersonsOwnWordsAreRead(t *testing.T) {
	const chat = `"chat":{"id":7,"type":"private"}`
	const from = `"from":{"id":7,"is_bot":false,"first_name":"Al","username":"al"}`
	tests := []struct{ name, update, want string }{ // want: text, "-" for nothing, "!kind" for unsupported
		{"text", `"message":{` + from + `,` + chat + `,"date":1700000000,"text":"start site"}`, "start site"},
		{"lines", `"message":{` + from + `,` + chat + `,"text":"a\r\nb"}`, "a\nb"},
		{"command", `"message":{` + from + `,` + chat + `,"text":"/site 2h"}`, "/site 2h"},
		{"command with a name", `"message":{` + from + `,` + chat + `,"text":"/site@onions_bot 2h"}`, "/site 2h"},
		{"unknown fields of odd types", `"message":{` + from + `,` + chat + `,"text":"hi","reply_markup":7,"entities":"x","quote":[]}`, "hi"},
		{"answer to a message", `"message":{` + from + `,` + chat + `,"text":"hi","reply_to_message":{"text":"start mail"}}`, "hi"},
		{"group", `"message":{` + from + `,"chat":{"id":-5,"type":"group"},"text":"hi"}`, "-"},
		{"supergroup", `"message":{` + from + `,"chat":{"id":-100,"type":"supergroup"},"text":"hi"}`, "-"},
		{"group that calls itself private", `"message":{` + from + `,"chat":{"id":8,"type":"private"},"text":"hi"}`, "-"},
		{"channel", `"channel_post":{"chat":{"id":-1,"type":"channel"},"text":"hi"}`, "-"},
		{"edit", `"edited_message":{` + from + `,` + chat + `,"edit_date":5,"text":"hi"}`, "!edited message"},
		{"edit by a stranger to the chat", `"edited_message":{"from":{"id":8},` + chat + `,"edit_date":5,"text":"hi"}`, "-"},
		{"live location", `"edited_message":{` + from + `,` + chat + `,"edit_date":5,"location":{"latitude":1}}`, "-"},
		{"edited on the way", `"message":{` + from + `,` + chat + `,"edit_date":5,"text":"hi"}`, "!edited message"},
		{"forward", `"message":{` + from + `,` + chat + `,"forward_origin":{"type":"user"},"text":"hi"}`, "!forwarded message"},
		{"forward of old", `"message":{` + from + `,` + chat + `,"forward_date":5,"document":{"file_id":"x"},"caption":"start site"}`, "!forwarded message"},
		{"via a bot", `"message":{` + from + `,` + chat + `,"via_bot":{"id":1},"text":"hi"}`, "!message that another bot wrote"},
		{"another bot", `"message":{"from":{"id":7,"is_bot":true},` + chat + `,"text":"hi"}`, "-"},
		{"nobody", `"message":{` + chat + `,"text":"hi"}`, "-"},
		{"on behalf of a channel", `"message":{` + from + `,` + chat + `,"sender_chat":{"id":-1},"text":"hi"}`, "-"},
		{"inline query", `"inline_query":{"id":"1",` + from + `,"query":"hi"}`, "-"},
		{"service message", `"message":{` + from + `,` + chat + `,"pinned_message":{"text":"hi"}}`, "-"},
		{"voice", `"message":{` + from + `,` + chat + `,"voice":{"file_id":"x"}}`, "!voice message"},
		{"sticker", `"message":{` + from + `,` + chat + `,"sticker":{}}`, "!sticker"},
		{"video with words", `"message":{` + from + `,` + chat + `,"video":{},"caption":"start site"}`, "!video"},
		{"location", `"message":{` + from + `,` + chat + `,"location":{}}`, "!location"},
		{"gif", `"message":{` + from + `,` + chat + `,"animation":{},"document":{"file_id":"x"}}`, "!moving picture"},
		{"round video", `"message":{` + from + `,` + chat + `,"video_note":{"file_id":"x"}}`, "!video"},
		{"music", `"message":{` + from + `,` + chat + `,"audio":{"file_id":"x"}}`, "!sound file"},
		{"large file", `"message":{` + from + `,` + chat + `,"document":{"file_id":"x","file_size":20971521},"caption":"start site"}`, "!file of more than 20 MB"},
		{"press", `"callback_query":{"id":"1",` + from + `,"message":{` + chat + `},"data":"stop #a"}`, "stop #a"},
		{"press in a group", `"callback_query":{"id":"1",` + from + `,"message":{"chat":{"id":-5,"type":"group"}},"data":"stop"}`, "-"},
		{"press by another", `"callback_query":{"id":"1","from":{"id":8},"message":{` + chat + `},"data":"stop"}`, "-"},
		{"press on an inline message", `"callback_query":{"id":"1",` + from + `,"inline_message_id":"z","data":"stop"}`, "-"},
		{"press of a game", `"callback_query":{"id":"1",` + from + `,"message":{` + chat + `},"game_short_name":"g"}`, "-"},
	}
	a := newAdapter(t, telegramtest.New(t, token))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := a.Decode(t.Context(), services.Incoming{ID: "9", Raw: []byte(`{"update_id":9,` + tt.update + `}`)})
			if err != nil {
				t.Fatal(err)
			}
			got := "-"
			if m != nil {
				got = m.Text
				if m.Unsupported != "" {
					got = "!" + m.Unsupported + m.Text
				}
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestMessageCarriesNumericIdentity(t *testing.T) {
	s := telegramtest.New(t, token)
	a, box := newAdapter(t, s), newInbox()
	id := s.Type(alice, "hello")
	receive(t, a, box)
	e := box.await(t, 1)[0]
	m, err := a.Decode(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	want := &bots.Message{
		Network: "telegram", ID: strconv.FormatInt(id, 10), Text: "hello", SentAt: e.SentAt,
		From:  bots.Identity{Account: "1001", Handle: "@user1001"},
		Route: services.Route{Network: "telegram", Account: "1001", Chat: "1001"},
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Error(diff)
	}
	if time.Since(m.SentAt) > time.Minute {
		t.Errorf("SentAt = %v", m.SentAt)
	}
}

func TestFilesAreFetched(t *testing.T) {
	s := telegramtest.New(t, token)
	a, box := newAdapter(t, s), newInbox()
	full := bytes.Repeat([]byte("x"), telegram.MaxDownload)
	s.SendFile(alice, "../../index.html", []byte("<h1>hi</h1>"), "start site")
	s.SendPhoto(alice, []byte("jpeg"), "")
	s.SendFile(alice, "full.zip", full, "")
	unannounced := s.FileMessage(alice, "more.zip", append(full, 'x'), "")
	delete(unannounced["document"].(map[string]any), "file_size")
	s.Push("message", unannounced)
	receive(t, a, box)
	tests := []struct {
		text, name string
		size       int64
		err        error
	}{
		{"start site", "../../index.html", 11, nil},
		{"", "", 4, nil},
		{"", "full.zip", telegram.MaxDownload, nil},
		{"", "more.zip", -1, telegram.ErrTooLarge},
	}
	for i, e := range box.await(t, len(tests)) {
		m, err := a.Decode(t.Context(), e)
		if err != nil || m == nil || len(m.Attachments) != 1 {
			t.Fatalf("update %d: %+v, %v", i, m, err)
		}
		att, want := m.Attachments[0], tests[i]
		if m.Text != want.text || att.Name != want.name || att.Size != want.size {
			t.Errorf("%q %q %d, want %+v", m.Text, att.Name, att.Size, want)
		}
		data, err := readAttachment(t, att)
		if !errors.Is(err, want.err) || want.err == nil && int64(len(data)) != want.size {
			t.Errorf("%s: %d bytes, %v", att.Name, len(data), err)
		}
	}
}

func readAttachment(t *testing.T, att bots.Attachment) ([]byte, error) {
	t.Helper()
	r, err := att.Open(t.Context())
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	return io.ReadAll(r)
}

func TestFetchFailsReadably(t *testing.T) {
	for _, f := range []telegramtest.Fault{
		{Kind: telegramtest.Cut, Method: "download"},
		{Kind: telegramtest.Gateway, Method: "download"},
		{Kind: telegramtest.Broken, Method: "getFile"},
	} {
		s := telegramtest.New(t, token)
		a, box := newAdapter(t, s), newInbox()
		s.SendFile(alice, "a.html", []byte("hi"), "")
		receive(t, a, box)
		m, err := a.Decode(t.Context(), box.await(t, 1)[0])
		if err != nil {
			t.Fatal(err)
		}
		f.Times = -1 // one cut alone is mended by net/http
		s.Fault(f)
		if data, err := readAttachment(t, m.Attachments[0]); err == nil {
			t.Errorf("%+v: read %q", f, data)
		}
		s.ClearFaults()
		if data, err := readAttachment(t, m.Attachments[0]); err != nil || string(data) != "hi" {
			t.Errorf("%+v: the second attempt read %q, %v", f, data, err)
		}
	}
}

func TestFormattingIsMarkedWhereTheTextIs(t *testing.T) {
	a := newAdapter(t, telegramtest.New(t, token))
	const head = `"message":{"from":{"id":7,"first_name":"Al"},"chat":{"id":7,"type":"private"},`
	for name, tt := range map[string]struct{ message, marked string }{
		"after an emoji":    {`"text":"\ud83d\ude00 bold","entities":[{"type":"bold","offset":3,"length":4}]}`, "bold"},
		"after odd space":   {`"text":"  a\r\nbold ","entities":[{"type":"bold","offset":5,"length":4}]}`, "bold"},
		"past the end":      {`"text":"abc","entities":[{"type":"bold","offset":2,"length":9}]}`, ""},
		"negative":          {`"text":"abc","entities":[{"type":"bold","offset":-2,"length":3}]}`, ""},
		"enormous":          {`"text":"abc","entities":[{"type":"bold","offset":9223372036854775807,"length":1}]}`, ""},
		"of an odd kind":    {`"text":"abc","entities":[{"type":7,"offset":0,"length":1}]}`, ""},
		"not known":         {`"text":"abc","entities":[{"type":"custom_emoji","offset":0,"length":1}]}`, ""},
		"below a picture":   {`"caption":"abc","photo":[{"file_id":"x"}],"caption_entities":[{"type":"code","offset":1,"length":1}]}`, "b"},
		"only found a link": {`"text":"example.org","entities":[{"type":"url","offset":0,"length":11}]}`, ""},
	} {
		m, err := a.Decode(t.Context(), services.Incoming{ID: "9", Raw: []byte(`{"update_id":9,` + head + tt.message + `}`)})
		if err != nil || m == nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := ""
		for _, s := range m.Spans {
			got += m.Text[s.Start:s.End]
		}
		if got != tt.marked {
			t.Errorf("%s: marked %q, want %q", name, got, tt.marked)
		}
	}
}
