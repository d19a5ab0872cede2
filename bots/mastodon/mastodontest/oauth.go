package mastodontest

import (
	"net/http"
	"net/url"
	"strings"
)

// app is a registered application.
type app struct {
	id, secret string
	scopes     []string
}

func (s *Server) registerApp(w http.ResponseWriter, r *http.Request) {
	if r.PostForm.Get("client_name") == "" || r.PostForm.Get("redirect_uris") == "" {
		fail(w, http.StatusUnprocessableEntity, "Validation failed: Application name can't be blank")
		return
	}
	id := s.next("app")
	a := &app{id: "client-" + id, secret: "app-secret-" + id, scopes: strings.Fields(r.PostForm.Get("scopes"))}
	s.apps[a.id] = a
	answer(w, map[string]any{
		"id": id, "name": r.PostForm.Get("client_name"), "website": nil, "redirect_uri": r.PostForm.Get("redirect_uris"),
		"client_id": a.id, "client_secret": a.secret,
	})
}

// Authorize plays the person in the browser: it opens the address, agrees,
// and returns the code that is shown.
func (s *Server) Authorize(address string) string {
	s.t.Helper()
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, s.URL+"/oauth/authorize?") {
		s.t.Fatalf("mastodontest: not an address of this server: %q", address)
	}
	q := u.Query()
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.apps[q.Get("client_id")]
	if a == nil || q.Get("response_type") != "code" || q.Get("redirect_uri") == "" || q.Get("scope") != strings.Join(a.scopes, " ") {
		s.t.Fatalf("mastodontest: the address asks for something else than was registered: %q", address)
	}
	code := "code-" + s.next("code")
	s.codes[code] = a
	return code
}

func (s *Server) grantToken(w http.ResponseWriter, r *http.Request) {
	f := r.PostForm
	a := s.codes[f.Get("code")]
	if a == nil || f.Get("grant_type") != "authorization_code" || f.Get("client_id") != a.id || f.Get("client_secret") != a.secret {
		fail(w, http.StatusBadRequest, "invalid_grant")
		return
	}
	delete(s.codes, f.Get("code"))
	token := "granted-secret-" + s.next("token")
	s.tokens[token] = a.scopes
	answer(w, map[string]any{"access_token": token, "token_type": "Bearer", "scope": strings.Join(a.scopes, " ")})
}
