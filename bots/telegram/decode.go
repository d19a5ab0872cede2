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
// private chat with the bot becomes a message; groups, channels, edits,
// forwards, messages made by other bots and service messages are none of our
// business. The identity is the numeric id and nothing else.
func (a *Adapter) Decode(_ context.Context, in services.Incoming) (*bots.Message, error) {
	var u wireUpdate
	if err := json.Unmarshal(in.Raw, &u); err != nil {
		return nil, fmt.Errorf("read telegram update: %w", err)
	}
	var m *bots.Message
	switch {
	case u.Message != nil:
		m = a.fromMessage(u.Message)
	case u.Press != nil:
		m = fromPress(u.Press)
	}
	if m == nil {
		return nil, nil
	}
	m.Network, m.ID = Network, in.ID
	if m.SentAt.IsZero() {
		m.SentAt = in.SentAt
	}
	return m, nil
}

func (a *Adapter) fromMessage(w *wireMessage) *bots.Message {
	notOwnWords := bool(w.ForwardOrigin || w.ViaBot || w.SenderChat) || w.ForwardDate != 0 || w.EditDate != 0
	if w.From == nil || notOwnWords || !private(w.Chat, *w.From) {
		return nil
	}
	m := person(*w.From)
	if w.Date > 0 {
		m.SentAt = time.Unix(w.Date, 0)
	}
	if kind := w.name(); kind != "" {
		m.Unsupported = kind
		return m
	}
	m.Attachments = a.attachments(w)
	m.Text = plain(w.Text)
	if m.Text == "" {
		m.Text = plain(w.Caption)
	}
	if m.Text == "" && len(m.Attachments) == 0 {
		return nil
	}
	return m
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
