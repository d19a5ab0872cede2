package mastodontest

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// status is one post.
type status struct {
	id        string
	from      *Account
	text      string
	html      string
	spoiler   string
	language  string
	vis       string
	replyTo   string
	mentions  []*Account
	media     []*media
	createdAt time.Time
	edits     int
	deleted   bool
}

// Toot is a post that somebody sends to the bot's server.
type Toot struct {
	From        *Account
	Visibility  string // "" = "direct"
	Text        string // mentions are parsed from it as the real software does
	HTML        string // overrides what Text would be rendered as
	SpoilerText string
	Language    string // "" = "en", whatever the text is in: the setting of an account
	ReplyTo     string
	Media       [][]byte
	Files       []File        // more than pictures
	Age         time.Duration // how long ago it was written and arrived
}

// Mention makes a post that mentions the bot, and whoever else is named
// ("@carol"), and returns its id.
func (s *Server) Mention(from *Account, visibility, text string, others ...string) string {
	prefix := "@" + s.Bot.Acct + " "
	for _, o := range others {
		prefix += o + " "
	}
	return s.Publish(Toot{From: from, Visibility: visibility, Text: prefix + text})
}

// Publish makes a post and, if it mentions the bot, the notification.
func (s *Server) Publish(toot Toot) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := &status{
		id: s.next("status"), from: toot.From, text: toot.Text, spoiler: toot.SpoilerText,
		vis: toot.Visibility, replyTo: toot.ReplyTo, createdAt: s.now().Add(-toot.Age), language: "en",
	}
	if st.vis == "" {
		st.vis = "direct"
	}
	for _, data := range toot.Media {
		st.media = append(st.media, s.addMedia(data, ""))
	}
	for _, f := range toot.Files {
		m := s.addMedia(f.Data, f.Description)
		m.File = f
		st.media = append(st.media, m)
	}
	if toot.Language != "" {
		st.language = toot.Language
	}
	st.mentions = s.parseMentions(toot.Text)
	st.html = toot.HTML
	if st.html == "" {
		st.html = s.render(toot.Text)
	}
	s.statuses = append(s.statuses, st)
	if slices.Contains(st.mentions, s.Bot) && !s.filtered(st) {
		s.notifications = append(s.notifications, &notification{id: s.next("notification"), kind: "mention", at: st.createdAt, status: st})
	}
	return st.id
}

// Delete removes a post.
func (s *Server) Delete(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st := s.statusByID(id); st != nil {
		st.deleted = true
	}
}

func (s *Server) statusByID(id string) *status {
	for _, st := range s.statuses {
		if st.id == id && !st.deleted {
			return st
		}
	}
	return nil
}

// mentionRE and the check of what stands before it are Mastodon's
// Account::MENTION_RE; the other flavours take more for a mention.
var mentionRE = regexp.MustCompile(`^@((?i:[a-z0-9_]+(?:[.-]+[a-z0-9_]+)*)(?:@[\p{L}\p{M}\p{N}_]+(?:[.-]+[\p{L}\p{M}\p{N}_]+)*)?)`)

// parseMentions finds who a text mentions. Like the real software, it asks
// other servers about addresses it does not know, so those become readers.
func (s *Server) parseMentions(text string) []*Account {
	var found []*Account
	for i := 0; i < len(text); i++ {
		if text[i] != '@' {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		if s.flavour == Mastodon45 && i > 0 && (before == '=' || before == '/' || isWord(before)) {
			continue
		}
		m := mentionRE.FindStringSubmatch(text[i:])
		if m == nil {
			continue
		}
		account := s.accountByAcct(m[1])
		if account == nil && strings.Contains(m[1], "@") {
			account = s.addAccount(m[1])
		}
		if account != nil && !slices.Contains(found, account) {
			found = append(found, account)
		}
		i += len(m[0]) - 1
	}
	return found
}

func isWord(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r)
}

// statusJSON is the Status entity.
func (s *Server) statusJSON(st *status) map[string]any {
	mentions := []any{}
	for _, a := range st.mentions {
		user, _, _ := strings.Cut(a.Acct, "@")
		mentions = append(mentions, map[string]any{"id": a.ID, "username": user, "acct": a.Acct, "url": a.URL})
	}
	media := []any{}
	for _, m := range st.media {
		media = append(media, s.mediaJSON(m))
	}
	j := map[string]any{
		"id": st.id, "created_at": s.date(st.createdAt), "edited_at": nil,
		"in_reply_to_id": nil, "in_reply_to_account_id": nil, "sensitive": st.spoiler != "",
		"spoiler_text": st.spoiler, "visibility": st.vis, "language": st.language,
		"uri": "https://" + Domain + "/statuses/" + st.id, "url": "https://" + Domain + "/s/" + st.id,
		"content": st.html, "reblog": nil, "account": s.accountJSON(st.from), "media_attachments": media,
		"mentions": mentions, "tags": []any{}, "emojis": []any{}, "card": nil, "poll": nil,
		"application": map[string]any{"name": "onionbot", "website": nil}, "pinned": false,
	}
	if st.replyTo != "" {
		j["in_reply_to_id"] = st.replyTo
	}
	if st.edits > 0 {
		j["edited_at"] = s.date(s.now())
	}
	return j
}

// visibleToBot is the rule of direct posts.
func (s *Server) visibleToBot(st *status) bool {
	return st.from == s.Bot || st.vis == "public" || st.vis == "unlisted" || slices.Contains(st.mentions, s.Bot)
}

func (s *Server) getStatus(w http.ResponseWriter, id string) {
	st := s.statusByID(id)
	if st == nil || !s.visibleToBot(st) {
		fail(w, http.StatusNotFound, "Record not found")
		return
	}
	answer(w, s.statusJSON(st))
}
