package telegramtest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"onionbot/bots/telegram/telegramtest"
)

const token = "42:abcdefghij"

// answer is the envelope as the wire has it.
type answer struct {
	OK          bool            `json:"ok"`
	Result      json.RawMessage `json:"result"`
	Code        int             `json:"error_code"`
	Description string          `json:"description"`
}

// post calls a method with a JSON body.
func post(t *testing.T, s *telegramtest.Server, tok, method, body string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+"/bot"+tok+"/"+method, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var a answer
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		t.Fatal(err)
	}
	if want := a.Code; !a.OK && resp.StatusCode != want {
		t.Errorf("status %d, error_code %d", resp.StatusCode, want)
	}
	return a
}

func TestServerIsStrict(t *testing.T) {
	text := func(fields string) string { return `{"chat_id":7,` + fields + `}` }
	tests := []struct{ name, token, method, body, want string }{
		{"fine", token, "sendMessage", text(`"text":"hi"`), ""},
		{"fine markup", token, "sendMessage", text(`"text":"<b>a</b> &lt; <a href=\"http://x\">y</a>","parse_mode":"HTML"`), ""},
		{"wrong token", "42:other", "getMe", ``, "Unauthorized (401)"},
		{"impossible token", "zzz", "getMe", ``, "Not Found (404)"},
		{"unknown method", token, "sendTelepathy", `{}`, "Not Found (404)"},
		{"no chat", token, "sendMessage", `{"text":"hi"}`, "chat_id is empty (400)"},
		{"stranger", token, "sendMessage", `{"chat_id":8,"text":"hi"}`, "chat not found (400)"},
		{"no text", token, "sendMessage", text(`"parse_mode":"HTML"`), "message text is empty (400)"},
		{"blank text", token, "sendMessage", text(`"text":" \n"`), "message text is empty (400)"},
		{"too long", token, "sendMessage", text(`"text":"` + strings.Repeat("é", 4097) + `"`), "message is too long (400)"},
		{"too long in UTF-16", token, "sendMessage", text(`"text":"` + strings.Repeat("🧅", 2049) + `"`), "message is too long (400)"},
		{"just fits", token, "sendMessage", text(`"text":"` + strings.Repeat("🧅", 2048) + `"`), ""},
		{"parse mode", token, "sendMessage", text(`"text":"hi","parse_mode":"Word"`), "unsupported parse_mode (400)"},
		{"open tag", token, "sendMessage", text(`"text":"<b>hi","parse_mode":"HTML"`), "can't parse entities"},
		{"unknown tag", token, "sendMessage", text(`"text":"<blink>hi</blink>","parse_mode":"HTML"`), "can't parse entities"},
		{"crossed tags", token, "sendMessage", text(`"text":"<b><i>hi</b></i>","parse_mode":"HTML"`), "can't parse entities"},
		{"stray bracket", token, "sendMessage", text(`"text":"a < b","parse_mode":"HTML"`), "can't parse entities"},
		{"long data", token, "sendMessage", text(`"text":"hi","reply_markup":{"inline_keyboard":[[{"text":"x","callback_data":"` + strings.Repeat("x", 65) + `"}]]}`), "BUTTON_DATA_INVALID (400)"},
		{"edit of nothing", token, "editMessageText", text(`"text":"hi"`), "message identifier is not specified (400)"},
		{"edit of the unknown", token, "editMessageText", text(`"text":"hi","message_id":99`), "message to edit not found (400)"},
		{"answer to nothing", token, "answerCallbackQuery", `{"callback_query_id":"1"}`, "query is too old"},
		{"photo without one", token, "sendPhoto", text(`"caption":"hi"`), "there is no photo in the request (400)"},
		{"unknown file", token, "getFile", `{"file_id":"x"}`, "wrong file_id"},
		{"menu", token, "setMyCommands", `{"commands":[{"command":"A","description":"x"}]}`, "BOT_COMMAND_INVALID (400)"},
		{"not JSON", token, "sendMessage", `{`, "can't parse JSON object (400)"},
	}
	s := telegramtest.New(t, token)
	s.Type(7, "hello")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := post(t, s, tt.token, tt.method, tt.body)
			got := ""
			if !a.OK {
				got = fmt.Sprintf("%s (%d)", a.Description, a.Code)
			}
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestEditThatChangesNothingIsRefused(t *testing.T) {
	s := telegramtest.New(t, token)
	s.Type(7, "hello")
	post(t, s, token, "sendMessage", `{"chat_id":7,"text":"one"}`)
	id := s.Chat(7)[0].ID
	for _, tt := range []struct{ text, want string }{{"one", "message is not modified"}, {"two", ""}, {"two", "message is not modified"}} {
		a := post(t, s, token, "editMessageText", fmt.Sprintf(`{"chat_id":7,"message_id":%d,"text":%q}`, id, tt.text))
		if a.OK != (tt.want == "") || !strings.Contains(a.Description, tt.want) {
			t.Errorf("edit to %q: %+v", tt.text, a)
		}
	}
}

func TestOffsetConfirmsAndNothingElseDoes(t *testing.T) {
	s := telegramtest.New(t, token)
	first := s.Type(7, "one")
	s.Type(7, "two")
	poll := func(body string) int {
		var list []json.RawMessage
		if err := json.Unmarshal(post(t, s, token, "getUpdates", body).Result, &list); err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	for _, tt := range []struct {
		body string
		want int
	}{
		{`{}`, 2},
		{`{}`, 2},
		{`{"limit":1}`, 1},
		{fmt.Sprintf(`{"offset":%d}`, first), 2},
		{fmt.Sprintf(`{"offset":"%d"}`, first+1), 1},
		{`{}`, 1},
		{fmt.Sprintf(`{"offset":%d}`, first+2), 0},
	} {
		if got := poll(tt.body); got != tt.want {
			t.Errorf("getUpdates %s: %d updates, want %d", tt.body, got, tt.want)
		}
	}
}

func TestLongPollWaitsAndTheSecondPollerWins(t *testing.T) {
	s := telegramtest.New(t, token)
	began := time.Now()
	post(t, s, token, "getUpdates", `{"timeout":1}`)
	if d := time.Since(began); d < time.Second || d > 5*time.Second {
		t.Errorf("an empty poll of 1 s took %s", d)
	}
	first := make(chan answer, 1)
	go func() { first <- post(t, s, token, "getUpdates", `{"timeout":30}`) }()
	if !s.Until(t.Context(), func() bool { return s.Calls("getUpdates") == 2 }) {
		t.Fatal("the first poll did not come")
	}
	second := make(chan answer, 1)
	go func() { second <- post(t, s, token, "getUpdates", `{"timeout":30}`) }()
	if a := <-first; a.Code != http.StatusConflict {
		t.Errorf("the first poll got %+v", a)
	}
	s.Type(7, "hello")
	if a := <-second; !a.OK || !strings.Contains(string(a.Result), "hello") {
		t.Errorf("the second poll got %+v", a)
	}
}

func TestUnwantedKindsDoNotCome(t *testing.T) {
	s := telegramtest.New(t, token)
	post(t, s, token, "getUpdates", `{"allowed_updates":["message"]}`)
	if id := s.Push("inline_query", map[string]any{"id": "1"}); id != 0 {
		t.Errorf("update %d was queued", id)
	}
	if id := s.Type(7, "hello"); id == 0 {
		t.Error("a message was not queued")
	}
}
