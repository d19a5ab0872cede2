package telegramtest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"
	"unicode/utf16"
)

// Sent is a message of the bot as the person sees it now.
type Sent struct {
	ID              int
	Text            string // without markup; the caption of a picture or file
	HTML            string // as the bot sent it
	Buttons         [][]Button
	Photo           []byte // of a picture
	Document        []byte // of a file
	FileName        string
	Edits           int  // how often it changed
	PreviewDisabled bool // Telegram's servers do not fetch links in it
	At              time.Time
}

// Button is one of an inline keyboard.
type Button struct {
	Label string `json:"text"`
	Data  string `json:"callback_data"`
}

// user is how a person looks in updates.
func user(id int64) map[string]any {
	return map[string]any{
		"id": id, "is_bot": false, "first_name": fmt.Sprintf("User %d", id),
		"username": fmt.Sprintf("user%d", id), "language_code": "en",
	}
}

func privateChat(id int64) map[string]any {
	return map[string]any{
		"id": id, "type": "private", "first_name": fmt.Sprintf("User %d", id), "username": fmt.Sprintf("user%d", id),
	}
}

// Message is a message of a person as it stands in an update, to be changed
// and pushed with [Server.Push]: a text in a private chat, sent now.
func (s *Server) Message(userID int64, text string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.message(userID, text)
}

func (s *Server) message(userID int64, text string) map[string]any {
	c := s.chatOf(userID)
	m := map[string]any{
		"message_id": c.nextID, "from": user(userID), "chat": privateChat(userID), "date": now(), "text": text,
	}
	if len(text) > 0 && text[0] == '/' {
		m["entities"] = []any{map[string]any{"type": "bot_command", "offset": 0, "length": len(text)}}
	}
	c.nextID++
	return m
}

// Type sends a text to the bot and returns the update's id.
func (s *Server) Type(userID int64, text string) int64 {
	return s.Push("message", s.Message(userID, text))
}

// TypeLong sends a text as apps do: one that is too long for a message in
// pieces of at most 4,096 units, cut where the app finds it best; here, anywhere.
func (s *Server) TypeLong(userID int64, text string) (ids []int64) {
	for units := utf16.Encode([]rune(text)); len(units) > 0; {
		n := min(len(units), 4096)
		ids = append(ids, s.Type(userID, string(utf16.Decode(units[:n]))))
		units = units[n:]
	}
	return ids
}

// Reply sends a text that answers a message of the chat, which stands in it.
func (s *Server) Reply(userID int64, to map[string]any, text string) int64 {
	m := s.Message(userID, text)
	m["reply_to_message"] = to
	return s.Push("message", m)
}

// Edit changes a message that was pushed before.
func (s *Server) Edit(userID int64, message map[string]any, text string) int64 {
	edited := maps.Clone(message)
	edited["edit_date"], edited["text"] = now(), text
	return s.Push("edited_message", edited)
}

// Forward sends somebody else's message on.
func (s *Server) Forward(userID int64, message map[string]any) int64 {
	forwarded := maps.Clone(message)
	forwarded["forward_date"] = now() - 60
	forwarded["forward_origin"] = map[string]any{"type": "hidden_user", "sender_user_name": "Somebody", "date": now() - 60}
	return s.Push("message", forwarded)
}

// Push queues an update of a kind ("message", "edited_message",
// "callback_query", …) with any content and returns its id; 0 if the bot does
// not want updates of that kind.
func (s *Server) Push(kind string, content any) (id int64) {
	s.change(func() { id = s.enqueue(kind, content) })
	return id
}

// Press presses the newest button with that data; the button of a message
// that is long gone if there is none. It returns the update's id.
func (s *Server) Press(userID int64, data string) (id int64) {
	s.change(func() {
		query := fmt.Sprintf("%d%08d", userID, len(s.presses)+1)
		s.presses[query] = false
		id = s.enqueue("callback_query", map[string]any{
			"id": query, "from": user(userID), "data": data, "chat_instance": "1",
			"message": s.pressedMessage(userID, data),
		})
	})
	return id
}

func (s *Server) pressedMessage(userID int64, data string) map[string]any {
	for _, m := range slices.Backward(s.chatOf(userID).messages) {
		if m.has(data) {
			return map[string]any{
				"message_id": m.ID, "from": bot, "chat": privateChat(userID), "date": m.At.Unix(), "text": m.Text,
			}
		}
	}
	return map[string]any{"message_id": 1, "chat": privateChat(userID), "date": 0} // inaccessible
}

func (m *Sent) has(data string) bool {
	return slices.ContainsFunc(m.Buttons, func(row []Button) bool {
		return slices.ContainsFunc(row, func(b Button) bool { return b.Data == data })
	})
}

// Answered reports how many presses the bot answered.
func (s *Server) Answered() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, answered := range s.presses {
		if answered {
			n++
		}
	}
	return n
}

// Block makes the person block the bot, or unblock it.
func (s *Server) Block(userID int64, on bool) {
	s.change(func() { s.chatOf(userID).blocked = on })
}

// Chat is what the bot sent to a person and did not delete, oldest first,
// edits applied.
func (s *Server) Chat(userID int64) []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.copyOf(userID)
}

func (s *Server) copyOf(userID int64) []Sent {
	var all []Sent
	if c := s.chats[userID]; c != nil {
		for _, m := range c.messages {
			all = append(all, *m)
		}
	}
	return all
}

// Wait waits until the chat with a person is as cond wants it. It reports
// false when ctx ended first.
func (s *Server) Wait(ctx context.Context, userID int64, cond func([]Sent) bool) bool {
	return s.Until(ctx, func() bool { return cond(s.Chat(userID)) })
}

// Until waits until cond, which is asked again after each change, is true. It
// reports false when ctx ended first.
func (s *Server) Until(ctx context.Context, cond func() bool) bool {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if cond() {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-changed:
		}
	}
}

// MustWait is Wait with a limit of 30 seconds, after which the test fails.
func (s *Server) MustWait(t testing.TB, userID int64, cond func([]Sent) bool) []Sent {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if !s.Wait(ctx, userID, cond) {
		t.Fatalf("the chat with %d did not become as wanted; it is %+v", userID, s.Chat(userID))
	}
	return s.Chat(userID)
}
