package mastodontest

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"
	"unicode/utf8"
)

// Post is a post of the bot, and who can read it.
type Post struct {
	ID          string
	Text        string
	Visibility  string
	ReplyTo     string
	Language    string
	SpoilerText string
	Media       []Media
	Edits       int
	// Readers are the addresses of all who can read it besides the bot, in
	// order; "(everybody)" or "(followers)" when it was not direct.
	Readers []string
}

// Media is a picture on a post.
type Media struct {
	ID          string
	Data        []byte
	Description string
}

// Posts are the bot's posts that were not deleted, oldest first.
func (s *Server) Posts() []Post {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Post
	for _, st := range s.statuses {
		if st.from == s.Bot && !st.deleted {
			out = append(out, st.post(s.Bot))
		}
	}
	return out
}

// AwaitPosts waits until the bot has n posts, and fails the test when that
// takes more than 20 s.
func (s *Server) AwaitPosts(n int) []Post {
	s.t.Helper()
	return s.Await(fmt.Sprintf("%d posts", n), func(p []Post) bool { return len(p) >= n })
}

// Await waits until ok accepts the bot's posts.
func (s *Server) Await(what string, ok func([]Post) bool) []Post {
	s.t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		posts := s.Posts()
		if ok(posts) {
			return posts
		}
		select {
		case <-changed:
		case <-deadline:
			s.t.Fatalf("mastodontest: waited in vain for %s; posts: %+v", what, posts)
		}
	}
}

func (st *status) post(bot *Account) Post {
	p := Post{
		ID: st.id, Text: st.text, Visibility: st.vis, ReplyTo: st.replyTo, Language: st.language,
		SpoilerText: st.spoiler, Edits: st.edits,
	}
	for _, m := range st.media {
		p.Media = append(p.Media, Media{ID: m.id, Data: m.data, Description: m.description})
	}
	for _, a := range st.mentions {
		if a != bot {
			p.Readers = append(p.Readers, a.Acct)
		}
	}
	switch st.vis {
	case "public", "unlisted":
		p.Readers = append(p.Readers, "(everybody)")
	case "private":
		p.Readers = append(p.Readers, "(followers)")
	}
	sort.Strings(p.Readers)
	return p
}

// announce wakes those who wait for posts; with s.mu held.
func (s *Server) announce() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// create is POST /api/v1/statuses.
func (s *Server) create(w http.ResponseWriter, r *http.Request) {
	key := r.Header.Get("Idempotency-Key")
	if id, ok := s.keys[key]; ok && key != "" && s.flavour == Mastodon45 {
		s.getStatus(w, id)
		return
	}
	st := &status{id: s.next("status"), from: s.Bot, createdAt: s.now()}
	if !s.fill(w, r.PostForm, st) {
		return
	}
	if id := r.PostForm.Get("in_reply_to_id"); id != "" {
		if parent := s.statusByID(id); parent == nil || !s.visibleToBot(parent) {
			fail(w, http.StatusNotFound, "The post you are trying to reply to does not appear to exist.")
			return
		}
		st.replyTo = id
	}
	s.statuses = append(s.statuses, st)
	s.keys[key] = st.id
	s.announce()
	answer(w, s.statusJSON(st))
}

// edit is PUT /api/v1/statuses/:id.
func (s *Server) edit(w http.ResponseWriter, r *http.Request, id string) {
	if s.flavour == GoToSocial {
		fail(w, http.StatusMethodNotAllowed, "Method Not Allowed")
		return
	}
	st := s.statusByID(id)
	if st == nil || st.from != s.Bot {
		fail(w, http.StatusNotFound, "Record not found")
		return
	}
	next := *st
	r.PostForm.Set("visibility", st.vis)
	if !s.fill(w, r.PostForm, &next) {
		return
	}
	next.edits++
	*st = next
	s.announce()
	answer(w, s.statusJSON(st))
}

// fill validates a form as strictly as the software does and fills st.
func (s *Server) fill(w http.ResponseWriter, form url.Values, st *status) bool {
	st.text, st.spoiler = form.Get("status"), form.Get("spoiler_text")
	st.language, st.vis, st.media = form.Get("language"), form.Get("visibility"), nil
	for _, id := range form["media_ids[]"] {
		m := s.media[id]
		if m == nil || m.pending > 0 {
			fail(w, http.StatusUnprocessableEntity, "Cannot attach files that have not finished processing. Try again in a moment!")
			return false
		}
		st.media = append(st.media, m)
	}
	st.mentions = s.parseMentions(st.text)
	switch {
	case strings.TrimSpace(st.text) == "" && len(st.media) == 0:
		fail(w, http.StatusUnprocessableEntity, "Validation failed: Text can't be blank")
	case !slices.Contains([]string{"public", "unlisted", "private", "direct"}, st.vis):
		fail(w, http.StatusUnprocessableEntity, "Validation failed: Visibility is not included in the list")
	case s.length(st) > s.maxChars():
		fail(w, http.StatusUnprocessableEntity, fmt.Sprintf("Validation failed: Text character limit of %d exceeded", s.maxChars()))
	default:
		st.html = s.render(st.text)
		if s.markdown && form.Get("content_type") != "text/plain" {
			// What looks like a tag does not survive.
			st.text = tagRE.ReplaceAllString(st.text, "")
			st.html = s.render(st.text)
		}
		return true
	}
	return false
}

var tagRE = regexp.MustCompile(`</?[A-Za-z][^<>]*>`)

// MarkdownByDefault makes the bot's account one whose posts are Markdown
// unless they say otherwise, as GoToSocial and Pleroma let people choose.
func (s *Server) MarkdownByDefault() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.markdown = s.flavour != Mastodon45
}

func (s *Server) maxChars() int {
	if s.flavour == Mastodon45 {
		return 500
	}
	return 5000
}

// length counts as the software does: Mastodon links as 23 and mentions
// without their host.
func (s *Server) length(st *status) int {
	text := st.text
	if s.flavour == Mastodon45 {
		text = linkRE.ReplaceAllString(text, strings.Repeat("x", 23))
		for _, a := range st.mentions {
			if user, _, remote := strings.Cut(a.Acct, "@"); remote {
				text = strings.ReplaceAll(text, "@"+a.Acct, "@"+user)
			}
		}
	}
	return utf8.RuneCountInString(st.spoiler) + utf8.RuneCountInString(text)
}
