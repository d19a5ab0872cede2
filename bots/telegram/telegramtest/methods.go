package telegramtest

import (
	"bytes"
	"encoding/json"
	"image/png"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"
)

// The methods run under the server's lock.

var bot = map[string]any{"id": 42, "is_bot": true, "first_name": "Onions", "username": "onions_bot"}

func (s *Server) getMe(*call) reply { return reply{OK: true, Result: bot} }

var commandName = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)

func (s *Server) setMyCommands(c *call) reply {
	var menu []MenuEntry
	if json.Unmarshal([]byte(c.args["commands"]), &menu) != nil {
		return badRequest("can't parse commands JSON object")
	}
	if len(menu) > 100 {
		return badRequest("BOT_COMMANDS_TOO_MUCH")
	}
	for _, e := range menu {
		if !commandName.MatchString(e.Command) {
			return badRequest("BOT_COMMAND_INVALID")
		}
		if n := utf8.RuneCountInString(e.Description); n < 1 || n > 256 {
			return badRequest("BOT_COMMAND_DESCRIPTION_INVALID")
		}
	}
	scope := struct {
		Type string `json:"type"`
	}{Type: "default"}
	if raw, ok := c.args["scope"]; ok && json.Unmarshal([]byte(raw), &scope) != nil {
		return badRequest("can't parse BotCommandScope")
	}
	if !slices.Contains([]string{"default", "all_private_chats", "all_group_chats"}, scope.Type) {
		return badRequest("unsupported BotCommandScope type")
	}
	s.menus[scope.Type] = menu
	return reply{OK: true, Result: true}
}

// recipient is the chat of a call, or why there is none.
func (s *Server) recipient(c *call) (*chat, int64, reply) {
	if c.args["chat_id"] == "" {
		return nil, 0, badRequest("chat_id is empty")
	}
	id, ok := c.int("chat_id")
	to := s.chats[id]
	switch {
	case !ok || to == nil:
		return nil, 0, badRequest("chat not found")
	case to.blocked:
		return nil, 0, refuse(http.StatusForbidden, "Forbidden: bot was blocked by the user")
	case to.limiter != nil && !to.limiter.Allow():
		s.calls["limited"]++
		return nil, 0, flood(1)
	}
	return to, id, reply{OK: true}
}

// compose reads the text, keyboard and preview options of a call.
func compose(c *call, field string, limit int) (*Sent, reply) {
	text, problem := format(c.args[field], c.args["parse_mode"])
	if problem != "" {
		return nil, badRequest(problem)
	}
	if n := length(text); n > limit {
		if field == "caption" {
			return nil, badRequest("message caption is too long")
		}
		return nil, badRequest("message is too long")
	}
	m := &Sent{Text: text, HTML: c.args[field], At: time.Now()}
	if m.Buttons, problem = keyboard(c.args["reply_markup"]); problem != "" {
		return nil, badRequest(problem)
	}
	var preview struct {
		Disabled bool `json:"is_disabled"`
	}
	if raw := c.args["link_preview_options"]; raw != "" {
		if json.Unmarshal([]byte(raw), &preview) != nil {
			return nil, badRequest("can't parse link preview options")
		}
		m.PreviewDisabled = preview.Disabled
	} else {
		m.PreviewDisabled = c.args["disable_web_page_preview"] == "true"
	}
	return m, reply{OK: true}
}

func keyboard(raw string) (rows [][]Button, problem string) {
	if raw == "" {
		return nil, ""
	}
	var markup struct {
		Rows [][]Button `json:"inline_keyboard"`
	}
	if json.Unmarshal([]byte(raw), &markup) != nil {
		return nil, "can't parse reply keyboard markup JSON object"
	}
	for _, row := range markup.Rows {
		for _, b := range row {
			if b.Label == "" {
				return nil, "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
			}
			if len(b.Data) < 1 || len(b.Data) > 64 {
				return nil, "BUTTON_DATA_INVALID"
			}
		}
	}
	return markup.Rows, ""
}

func (s *Server) sendMessage(c *call) reply {
	to, id, problem := s.recipient(c)
	if !problem.OK {
		return problem
	}
	m, problem := compose(c, "text", 4096)
	if !problem.OK {
		return problem
	}
	if m.Text == "" {
		return badRequest("message text is empty")
	}
	return to.add(id, m)
}

func (to *chat) add(id int64, m *Sent) reply {
	m.ID = to.nextID
	to.nextID++
	to.messages = append(to.messages, m)
	return reply{OK: true, Result: m.wire(id)}
}

func (m *Sent) wire(chat int64) map[string]any {
	w := map[string]any{"message_id": m.ID, "from": bot, "chat": privateChat(chat), "date": m.At.Unix()}
	switch {
	case m.Photo != nil:
		w["caption"] = m.Text
		w["photo"] = []any{map[string]any{"file_id": "sent", "file_unique_id": "sent", "width": 1, "height": 1}}
	case m.Document != nil:
		w["caption"] = m.Text
		w["document"] = map[string]any{"file_id": "sent", "file_unique_id": "sent", "file_name": m.FileName}
	default:
		w["text"] = m.Text
	}
	return w
}

func (to *chat) find(c *call) int {
	id, _ := c.int("message_id")
	return slices.IndexFunc(to.messages, func(m *Sent) bool { return int64(m.ID) == id })
}

func (s *Server) editMessageText(c *call) reply {
	to, id, problem := s.recipient(c)
	if !problem.OK {
		return problem
	}
	if c.args["message_id"] == "" {
		return badRequest("message identifier is not specified")
	}
	i := to.find(c)
	if i < 0 {
		return badRequest("message to edit not found")
	}
	m, problem := compose(c, "text", 4096)
	if !problem.OK {
		return problem
	}
	old := to.messages[i]
	switch {
	case m.Text == "":
		return badRequest("message text is empty")
	case old.Photo != nil || old.Document != nil:
		return badRequest("there is no text in the message to edit")
	case m.HTML == old.HTML && reflect.DeepEqual(m.Buttons, old.Buttons):
		return badRequest("message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message")
	}
	m.ID, m.At, m.Edits = old.ID, old.At, old.Edits+1
	to.messages[i] = m
	return reply{OK: true, Result: m.wire(id)}
}

func (s *Server) deleteMessage(c *call) reply {
	to, _, problem := s.recipient(c)
	if !problem.OK {
		return problem
	}
	i := to.find(c)
	if i < 0 {
		return badRequest("message to delete not found")
	}
	to.messages = slices.Delete(to.messages, i, i+1)
	return reply{OK: true, Result: true}
}

func (s *Server) sendPhoto(c *call) reply {
	return s.sendFile(c, "photo", func(m *Sent, u upload) string {
		if _, err := png.Decode(bytes.NewReader(u.data)); err != nil {
			return "IMAGE_PROCESS_FAILED"
		}
		m.Photo = u.data
		return ""
	})
}

func (s *Server) sendDocument(c *call) reply {
	return s.sendFile(c, "document", func(m *Sent, u upload) string {
		if len(u.data) == 0 {
			return "file must be non-empty"
		}
		m.Document = u.data
		return ""
	})
}

func (s *Server) sendFile(c *call, field string, set func(*Sent, upload) string) reply {
	to, id, problem := s.recipient(c)
	if !problem.OK {
		return problem
	}
	u, ok := c.upload[field]
	if !ok {
		return badRequest("there is no " + field + " in the request")
	}
	m, problem := compose(c, "caption", 1024)
	if !problem.OK {
		return problem
	}
	m.FileName = u.name
	if problem := set(m, u); problem != "" {
		return badRequest(problem)
	}
	return to.add(id, m)
}

func (s *Server) answerCallbackQuery(c *call) reply {
	id := c.args["callback_query_id"]
	if answered, known := s.presses[id]; !known || answered {
		return badRequest("query is too old and response timeout expired or query ID is invalid")
	}
	s.presses[id] = true
	return reply{OK: true, Result: true}
}
