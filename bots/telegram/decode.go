package telegram

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"onionbot/bots"
	"onionbot/services"
)

// Decode reads a stored update. Only what a person wrote or pressed in a
// private chat with the bot becomes a message; groups, channels and service
// messages are none of our business. The identity is the numeric id and
// nothing else.
func (a *Adapter) Decode(_ context.Context, in services.Incoming) (*bots.Message, error) {
	var u wireUpdate
	if err := json.Unmarshal(in.Raw, &u); err != nil {
		return nil, fmt.Errorf("read telegram update: %w", err)
	}
	var m *bots.Message
	switch {
	case u.Message != nil:
		m = a.fromMessage(u.Message)
	case u.Edited != nil:
		m = fromEdit(u.Edited)
	case u.Press != nil:
		m = fromPress(u.Press)
	}
	if m == nil {
		return nil, nil
	}
	m.Network, m.ID = Network, in.ID
	if sent := m.SentAt; !in.SentAt.IsZero() {
		m.SentAt = in.SentAt
		if !sent.IsZero() {
			m.ClockAhead = in.SentAt.Sub(sent).Truncate(time.Minute)
		}
	}
	return m, nil
}

func (a *Adapter) fromMessage(w *wireMessage) *bots.Message {
	m := w.sender()
	if m == nil {
		return nil
	}
	m.Group = w.Album
	if m.Unsupported = w.foreign(); m.Unsupported != "" {
		return m
	}
	text := w.Text + w.Caption // a message has one of them
	m.Text = plain(text)
	m.Spans = bots.Realign(spans(text, w.entities()), text, m.Text)
	if m.Quoted = a.quoted(w); m.Quoted != nil {
		m.QuotedGroup = w.Answered.value.Album
	}
	if m.Unsupported = w.useless(); m.Unsupported != "" {
		if m.Group == "" { // an album's words may stand on any part of it
			m.Text = ""
		}
		return m
	}
	m.Attachments = a.attachments(w)
	m.Cut = cutOf(w.Text)
	if m.Text == "" && len(m.Attachments) == 0 {
		return nil
	}
	return m
}

// fromEdit is a change of an earlier message. Of a location that is shared
// live, changes come by themselves.
func fromEdit(w *wireMessage) *bots.Message {
	m := w.sender()
	if m == nil || bool(w.Location) {
		return nil
	}
	m.Unsupported = bots.Edited
	if w.EditDate > 0 {
		m.SentAt = time.Unix(w.EditDate, 0)
	}
	return m
}

// sender begins the message of a person in the chat with the bot; nil for
// everything else.
func (w *wireMessage) sender() *bots.Message {
	if w.From == nil || bool(w.SenderChat) || !private(w.Chat, *w.From) {
		return nil
	}
	m := person(*w.From)
	if w.Date > 0 {
		m.SentAt = time.Unix(w.Date, 0)
	}
	return m
}

// foreign names a message that is not its sender's own words, or not for the
// first time; "" for all others.
func (w *wireMessage) foreign() string {
	switch {
	case bool(w.ForwardOrigin), w.ForwardDate != 0:
		return bots.Forwarded
	case bool(w.ViaBot):
		return bots.Foreign
	case w.EditDate != 0:
		return bots.Edited
	}
	return ""
}

// useless names what nothing can be done with.
func (w *wireMessage) useless() string {
	if kind := w.name(); kind != "" {
		return kind
	}
	if w.Document != nil && w.Document.Size > MaxDownload {
		return bots.TooLarge
	}
	return ""
}

// quoted are the files of the sender's own message that w answers.
func (a *Adapter) quoted(w *wireMessage) []bots.Attachment {
	q := w.Answered.value
	if q == nil || q.From == nil || q.From.ID != w.From.ID || q.foreign() != "" || q.useless() != "" {
		return nil
	}
	return a.attachments(q)
}

// shortestCut is the shortest part, in UTF-16 units, that apps make of a text
// that is too long for one message: they look for a good place, and one of
// them looks back as far as the middle.
const shortestCut = maxText / 2

// cutOf tells whether text may be the beginning of a longer one.
func cutOf(text string) bots.Cut {
	switch n := units(text); {
	case n >= maxText:
		return bots.Hard
	case n >= shortestCut:
		return bots.AtBreak
	}
	return bots.Whole
}

func fromPress(w *wirePress) *bots.Message {
	if w.Message == nil || w.Data == "" || !private(w.Message.Chat, w.From) {
		return nil
	}
	m := person(w.From)
	m.Text = plain(w.Data)
	return m
}

// private reports whether the chat is the person's own chat with the bot.
func private(c wireChat, from wireUser) bool {
	return c.Type == "private" && from.ID > 0 && c.ID == from.ID && !from.IsBot
}

func person(u wireUser) *bots.Message {
	account := strconv.FormatInt(u.ID, 10)
	handle := u.FirstName
	if u.Username != "" {
		handle = "@" + u.Username
	}
	return &bots.Message{
		From:  bots.Identity{Account: account, Handle: handle},
		Route: services.Route{Network: Network, Account: account, Chat: account},
	}
}

// addressed is a slash command with the bot's name, as the menu of a group
// or another bot's help writes it.
var addressed = regexp.MustCompile(`^(/\w+)@\w+`)

func plain(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	return addressed.ReplaceAllString(strings.TrimSpace(s), "$1")
}
