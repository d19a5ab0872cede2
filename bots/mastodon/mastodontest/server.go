// Package mastodontest is a fake Mastodon API server for tests: faithful in
// JSON, headers, status codes, idempotency and visibility, in the flavours of
// several kinds of software, with faults on demand.
//
// It is strict where a real server is forgiving, and it never does the work
// under test: who can read a post is decided by parsing its text as the real
// software does.
package mastodontest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Flavour is the software that the server plays.
type Flavour string

// The flavours.
const (
	Mastodon45 Flavour = "mastodon"   // snowflake ids, idempotency keys, edits, notification policy
	GoToSocial Flavour = "gotosocial" // ULIDs, no idempotency, no edits
	Pleroma    Flavour = "pleroma"    // FlakeIds, ignores min_id, no idempotency, no rate limit headers, no v2 instance
)

// Flavours are all of them, for tests that run on each.
func Flavours() []Flavour { return []Flavour{Mastodon45, GoToSocial, Pleroma} }

// Domain is where local accounts live.
const Domain = "fedi.example"

// Token is the access token that the bot account has from the start.
const Token = "test-token-secret-5f0c"

// Server is the fake. Its methods may be called from any goroutine.
type Server struct {
	URL string   // base address
	Bot *Account // the account that Token belongs to

	flavour Flavour
	t       testing.TB
	http    *httptest.Server

	mu            sync.Mutex
	changed       chan struct{} // closed and replaced at each new or edited post
	counter       int64
	accounts      []*Account
	statuses      []*status
	notifications []*notification
	media         map[string]*media
	tokens        map[string][]string // token to scopes
	apps          map[string]*app
	codes         map[string]*app
	keys          map[string]string // idempotency key to status id
	following     []string
	policy        map[string]string
	faults        []*Fault
	requests      []Request
	watcher       func(*http.Request)
	ahead         time.Duration
	limit         int
	window        time.Duration
	windowStart   time.Time
	used          int
	pendingPolls  int
	markdown      bool
}

// New starts a server that ends with the test.
func New(t testing.TB, flavour Flavour) *Server {
	s := &Server{
		flavour: flavour,
		t:       t,
		changed: make(chan struct{}),
		media:   make(map[string]*media),
		tokens:  map[string][]string{Token: {"read", "write", "follow"}},
		apps:    make(map[string]*app),
		codes:   make(map[string]*app),
		keys:    make(map[string]string),
		limit:   300_000,
		window:  5 * time.Minute,
		policy: map[string]string{
			"for_not_following": "accept", "for_not_followers": "accept", "for_new_accounts": "accept",
			"for_private_mentions": "accept", "for_limited_accounts": "accept",
		},
	}
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	s.URL = s.http.URL
	s.Bot = s.AddAccount("onionbot")
	s.Bot.Bot = true
	return s
}

// Close stops the server; a test may do so early, to play an outage.
func (s *Server) Close() {
	s.http.CloseClientConnections()
	s.http.Close()
}

// Revoke makes a token invalid.
func (s *Server) Revoke(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, token)
}

// GrantScopes sets what a token may do.
func (s *Server) GrantScopes(token string, scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[token] = scopes
}

// RateLimit sets the budget of requests per window.
func (s *Server) RateLimit(limit int, window time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit, s.window, s.used, s.windowStart = limit, window, 0, time.Now()
}

// Request is one request that arrived.
type Request struct {
	Method string
	Path   string
	Query  url.Values
	Header http.Header
	At     time.Time
}

// Requests are all requests so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// OnRequest lets fn look at each request while its connection is open, before
// anything is answered; RemoteAddr is whoever connected.
func (s *Server) OnRequest(fn func(*http.Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watcher = fn
}

// ClockAhead sets the server's clock wrong.
func (s *Server) ClockAhead(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead = by
}

// now is the server's clock; with s.mu held.
func (s *Server) now() time.Time { return time.Now().Add(s.ahead) }

// date writes a time as the software does: Pleroma to the second.
func (s *Server) date(t time.Time) string {
	if s.flavour == Pleroma {
		t = t.Truncate(time.Second)
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// Scopes are the rights of a token, in order; nil for one that is not known.
func (s *Server) Scopes(token string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(slices.Values(s.tokens[token]))
}

// serve is the order of things: log, faults, rate limit, then the API.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, Request{r.Method, r.URL.Path, r.URL.Query(), r.Header.Clone(), time.Now()})
	fault, watcher := s.takeFault(r), s.watcher
	w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
	s.mu.Unlock()
	if watcher != nil {
		watcher(r)
	}
	if fault != nil && !fault.After {
		fault.play(w)
		return
	}
	if s.throttled(w) {
		return
	}
	if fault != nil {
		s.api(httptest.NewRecorder(), r)
		fault.play(w)
		return
	}
	s.api(w, r)
}

// throttled counts the request and sets the headers.
func (s *Server) throttled(w http.ResponseWriter) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if now.Sub(s.windowStart) >= s.window {
		s.windowStart, s.used = now, 0
	}
	s.used++
	if s.flavour != Pleroma {
		w.Header().Set("X-RateLimit-Limit", strconv.Itoa(s.limit))
		w.Header().Set("X-RateLimit-Remaining", strconv.Itoa(max(s.limit-s.used, 0)))
		w.Header().Set("X-RateLimit-Reset", s.windowStart.Add(s.window).UTC().Format("2006-01-02T15:04:05.000000Z"))
	}
	if s.used <= s.limit {
		return false
	}
	fail(w, http.StatusTooManyRequests, "Too many requests")
	return true
}

// next makes an id that sorts after all earlier ones of its form.
func (s *Server) next(kind string) string {
	s.counter++
	switch {
	case s.flavour == GoToSocial:
		return fmt.Sprintf("01JD%022d", s.counter*37)
	case s.flavour == Pleroma && kind != "notification":
		return "AoXq" + fmt.Sprintf("%014d", s.counter*41)
	case kind == "notification":
		return strconv.FormatInt(34975861+s.counter, 10)
	default:
		return strconv.FormatInt(113_500_000_000_000_000+s.counter*65_537, 10)
	}
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(v)
}

func fail(w http.ResponseWriter, code int, message string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": message})
}
