package mastodontest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// api routes a request and checks the right that it needs.
func (s *Server) api(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := r.ParseMultipartForm(8 << 20); err != nil && r.ParseForm() != nil {
		fail(w, http.StatusBadRequest, "bad form")
		return
	}
	path := strings.TrimPrefix(r.URL.Path, "/api")
	parts := strings.Split(strings.Trim(path, "/"), "/")
	route := r.Method + " " + path
	switch route {
	case "POST /v1/apps":
		s.registerApp(w, r)
	case "POST /oauth/token":
		s.grantToken(w, r)
	case "GET /v1/instance":
		s.instanceV1(w)
	case "GET /v2/instance":
		s.instanceV2(w)
	default:
		if strings.HasPrefix(path, "/media_files/") {
			s.serveMedia(w, r, parts[len(parts)-1])
			return
		}
		if s.authorised(w, r, needs(r.Method, path)) {
			s.private(w, r, route, parts)
		}
	}
}

// private are the calls that need a token.
func (s *Server) private(w http.ResponseWriter, r *http.Request, route string, parts []string) {
	switch route {
	case "GET /v1/notifications":
		s.list(w, r)
	case "POST /v1/statuses":
		s.create(w, r)
	case "POST /v2/media":
		s.uploadMedia(w, r)
	case "GET /v1/accounts/verify_credentials":
		j := s.accountJSON(s.Bot)
		j["source"] = map[string]any{"note": s.Bot.Note, "privacy": "public"}
		answer(w, j)
	case "PATCH /v1/accounts/update_credentials":
		s.updateCredentials(w, r)
	case "GET /v1/apps/verify_credentials":
		answer(w, map[string]any{"name": "onionbot", "scopes": s.tokens[bearer(r)]})
	case "GET /v1/accounts/lookup":
		s.oneAccount(w, s.accountByAcct(r.URL.Query().Get("acct")))
	case "GET /v1/accounts/search":
		s.search(w, r)
	case "GET /v1/accounts/relationships":
		s.relationships(w, r)
	case "GET /v2/notifications/policy", "PATCH /v2/notifications/policy":
		s.servePolicy(w, r)
	default:
		s.byID(w, r, parts)
	}
}

// byID are the calls with an id in the path.
func (s *Server) byID(w http.ResponseWriter, r *http.Request, parts []string) {
	if len(parts) < 3 || parts[0] != "v1" {
		notAPI(w)
		return
	}
	call, id := r.Method+" "+parts[1], parts[2]
	if len(parts) > 3 {
		call += "/" + parts[3]
	}
	switch call {
	case "GET statuses":
		s.getStatus(w, id)
	case "PUT statuses":
		s.edit(w, r, id)
	case "DELETE statuses":
		if st := s.statusByID(id); st != nil && st.from == s.Bot {
			st.deleted = true
			answer(w, s.statusJSON(st))
			return
		}
		fail(w, http.StatusNotFound, "Record not found")
	case "GET media":
		s.mediaStatus(w, id)
	case "GET accounts":
		s.oneAccount(w, s.accountByID(id))
	case "GET accounts/statuses":
		s.ownStatuses(w, id)
	case "GET accounts/following":
		page := []any{}
		for _, f := range s.following {
			page = append(page, s.accountJSON(s.accountByID(f)))
		}
		answer(w, page)
	case "POST accounts/follow":
		s.following = append(s.following, id)
		answer(w, map[string]any{"id": id, "following": true})
	default:
		notAPI(w)
	}
}

// notAPI is the web page that an unknown route gets.
func notAPI(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write([]byte("<!DOCTYPE html><title>The page you are looking for isn't here.</title>"))
}

// needs names the scope of a call.
func needs(method, path string) string {
	switch {
	case method == http.MethodGet && strings.Contains(path, "/relationships"):
		return "read:follows"
	case method == http.MethodGet && strings.Contains(path, "/notifications"):
		return "read:notifications"
	case method == http.MethodGet && strings.Contains(path, "/statuses"):
		return "read:statuses"
	case method == http.MethodGet && strings.Contains(path, "/apps/"):
		return "read:accounts"
	case method == http.MethodGet && strings.Contains(path, "/media"):
		return "write:media"
	case method == http.MethodGet:
		return "read:accounts"
	case strings.HasSuffix(path, "/follow"):
		return "write:follows"
	case strings.Contains(path, "/notifications"):
		return "write:notifications"
	case strings.Contains(path, "/accounts"):
		return "write:accounts"
	case strings.Contains(path, "/media"):
		return "write:media"
	default:
		return "write:statuses"
	}
}

func bearer(r *http.Request) string {
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
}

// authorised checks the token and its scopes.
func (s *Server) authorised(w http.ResponseWriter, r *http.Request, scope string) bool {
	have, ok := s.tokens[bearer(r)]
	if !ok {
		fail(w, http.StatusUnauthorized, "The access token is invalid")
		return false
	}
	family, _, _ := strings.Cut(scope, ":")
	if !slices.Contains(have, scope) && !slices.Contains(have, family) {
		fail(w, http.StatusForbidden, "This action is outside the authorized scopes")
		return false
	}
	return true
}

func (s *Server) instanceV1(w http.ResponseWriter) {
	switch s.flavour {
	case Pleroma:
		answer(w, map[string]any{"uri": s.URL, "version": "2.7.2 (compatible; Pleroma 2.9.1)", "max_toot_chars": 5000})
	default:
		answer(w, map[string]any{"uri": Domain, "version": s.version(), "configuration": s.configuration()})
	}
}

func (s *Server) instanceV2(w http.ResponseWriter) {
	if s.flavour == Pleroma {
		notAPI(w)
		return
	}
	answer(w, map[string]any{"domain": Domain, "version": s.version(), "configuration": s.configuration()})
}

func (s *Server) version() string {
	if s.flavour == GoToSocial {
		return "0.17.3+git-6c6e3a8"
	}
	return "4.5.0"
}

func (s *Server) configuration() map[string]any {
	return map[string]any{"statuses": map[string]any{
		"max_characters": s.maxChars(), "max_media_attachments": 4, "characters_reserved_per_url": 23,
	}}
}

func (s *Server) servePolicy(w http.ResponseWriter, r *http.Request) {
	if s.flavour != Mastodon45 {
		notAPI(w)
		return
	}
	if r.Method == http.MethodPatch {
		for field := range s.policy {
			if v := r.PostForm.Get(field); v != "" {
				s.policy[field] = v
			}
		}
	}
	j := map[string]any{"summary": map[string]int{"pending_requests_count": 0, "pending_notifications_count": 0}}
	for k, v := range s.policy {
		j[k] = v
	}
	answer(w, j)
}

// ownStatuses are the newest first; the bot sees all of its own.
func (s *Server) ownStatuses(w http.ResponseWriter, id string) {
	page := []any{}
	for _, st := range slices.Backward(s.statuses) {
		if st.from.ID == id && !st.deleted && len(page) < 40 && s.now().Sub(st.createdAt) < 1000*time.Hour {
			page = append(page, s.statusJSON(st))
		}
	}
	answer(w, page)
}
