package mastodontest

import (
	"net/http"
	"slices"
	"strings"
)

func (s *Server) oneAccount(w http.ResponseWriter, a *Account) {
	if a == nil {
		fail(w, http.StatusNotFound, "Record not found")
		return
	}
	answer(w, s.accountJSON(a))
}

// search finds by address; with resolve it asks the account's own server,
// which knows everybody but "nobody@…".
func (s *Server) search(w http.ResponseWriter, r *http.Request) {
	acct := r.URL.Query().Get("q")
	a := s.accountByAcct(acct)
	if a == nil && r.URL.Query().Get("resolve") == "true" && strings.Contains(acct, "@") && !strings.HasPrefix(acct, "nobody@") {
		a = s.addAccount(acct)
	}
	page := []any{}
	if a != nil {
		page = append(page, s.accountJSON(a))
	}
	answer(w, page)
}

func (s *Server) relationships(w http.ResponseWriter, r *http.Request) {
	page := []any{}
	for _, id := range r.URL.Query()["id[]"] {
		if a := s.accountByID(id); a != nil {
			page = append(page, map[string]any{
				"id": id, "following": slices.Contains(s.following, id), "followed_by": false, "blocked_by": a.BlocksBot,
			})
		}
	}
	answer(w, page)
}

func (s *Server) updateCredentials(w http.ResponseWriter, r *http.Request) {
	if v := r.PostForm.Get("bot"); v != "" {
		s.Bot.Bot = v == "true"
	}
	if v := r.PostForm.Get("note"); v != "" {
		s.Bot.Note = v
	}
	answer(w, s.accountJSON(s.Bot))
}
