package mastodon

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	mastodon "github.com/mattn/go-mastodon"

	"onionbot/bots"
	"onionbot/services"
)

// The parts of a notification that matter. The library's types read dozens of
// fields more, and one of them in a form that it does not expect would cost
// the whole message.
type (
	wireNotification struct {
		Type    string      `json:"type"`
		Account wireAccount `json:"account"`
		Status  *wireStatus `json:"status"`
	}
	wireAccount struct {
		ID      mastodon.ID `json:"id"`
		Acct    string      `json:"acct"`
		URI     string      `json:"uri"`
		URL     string      `json:"url"`
		Bot     bool        `json:"bot"`
		Pleroma struct {
			ActorID string `json:"ap_id"`
		} `json:"pleroma"`
	}
	wireStatus struct {
		ID          mastodon.ID      `json:"id"`
		InReplyToID mastodon.ID      `json:"in_reply_to_id"`
		Account     wireAccount      `json:"account"`
		Reblog      *json.RawMessage `json:"reblog"`
		Content     string           `json:"content"`
		SpoilerText string           `json:"spoiler_text"`
		Visibility  string           `json:"visibility"`
		CreatedAt   string           `json:"created_at"`
		Language    string           `json:"language"`
		Mentions    []wireMention    `json:"mentions"`
		Media       []wireMedia      `json:"media_attachments"`
	}
	wireMention struct {
		ID       mastodon.ID `json:"id"`
		Username string      `json:"username"`
		Acct     string      `json:"acct"`
		URL      string      `json:"url"`
	}
	wireMedia struct {
		ID          mastodon.ID `json:"id"`
		Type        string      `json:"type"`
		URL         string      `json:"url"`
		RemoteURL   string      `json:"remote_url"`
		Description string      `json:"description"`
	}
)

// Decode implements [bots.Adapter].
func (a *Adapter) Decode(_ context.Context, in services.Incoming) (*bots.Message, error) {
	var e event
	var n wireNotification
	if err := json.Unmarshal(in.Raw, &e); err != nil {
		return nil, fmt.Errorf("stored event: %w", err)
	}
	if err := json.Unmarshal(e.Notification, &n); err != nil {
		return nil, fmt.Errorf("notification: %w", err)
	}
	if n.Type != "mention" || n.Status == nil || n.Status.Reblog != nil {
		return nil, nil
	}
	s, from := n.Status, n.Status.Account
	if from.ID == "" || from.ID != n.Account.ID || from.ID == e.Self || from.Bot || n.Account.Bot {
		return nil, nil
	}
	account := string(from.ID)
	if !from.isActor(a.actor(account)) {
		a.log.Warn("mastodon: an account of a user belongs to another actor now; it is a stranger", "account", account)
		account = Identity{ID: account, Actor: from.actor()}.String() // who is nobody
	}
	m := &bots.Message{
		Network: Network,
		ID:      in.ID,
		From:    bots.Identity{Account: account, Handle: from.Acct, Actor: from.actor()},
		Route: services.Route{
			Network: Network, Account: account, Chat: from.Acct, ReplyTo: string(s.ID),
		},
		Lang:       s.Language,
		SentAt:     in.SentAt,
		ClockAhead: e.ClockAhead,
		Public:     !s.private(e.Self),
		Answers:    string(s.InReplyToID),
	}
	m.Text, m.Spans = s.text()
	m.Attachments, m.Missing = a.attachments(s.Media)
	if m.Public {
		// Who reads a public post sees that an answer to it exists, even if
		// they cannot read that.
		m.Route.ReplyTo = ""
	}
	return m, nil
}

// private reports whether nobody but the bot and the sender can read it.
func (s *wireStatus) private(self mastodon.ID) bool {
	if s.Visibility != "direct" {
		return false
	}
	toUs := false
	for _, m := range s.Mentions {
		switch m.ID {
		case self:
			toUs = true
		case s.Account.ID:
		default:
			return false
		}
	}
	return toUs
}

// text is the post as it was typed. People put a content warning over a
// command, but not instead of one; if there is nothing else, it is the text.
func (s *wireStatus) text() (string, []bots.Span) {
	if t, spans := postText(s.Content, s.Mentions); t != "" {
		return t, spans
	}
	return strings.TrimSpace(s.SpoilerText), nil
}

func (s *wireStatus) sentAt(fallback time.Time) time.Time {
	if t, err := time.Parse(time.RFC3339Nano, s.CreatedAt); err == nil {
		return t
	}
	return fallback
}
