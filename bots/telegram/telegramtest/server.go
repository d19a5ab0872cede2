// Package telegramtest is a Bot API server for tests: HTTP with the shapes,
// status codes and limits of the real one, strict about what it accepts, and
// with faults on demand. It holds the chats of a bot with any number of
// people, who type and press buttons through its methods.
//
// It knows what onionbot uses of the API and refuses the rest as the real
// server refuses an unknown method.
package telegramtest

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"
)

// Server is the Bot API server and the phones of everybody who uses it.
type Server struct {
	token string
	http  *httptest.Server
	done  chan struct{} // closed at the end; frees long polls and slow answers

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced at every change
	revoked  bool
	webhook  bool
	chats    map[int64]*chat
	updates  []queued
	nextID   int64
	allowed  map[string]bool // nil: everything
	poll     chan struct{}   // closed to end the poll that waits; nil if none
	files    map[string]*file
	albums   int
	presses  map[string]bool // callback query id -> answered
	faults   []*Fault
	calls    map[string]int
	refusals []string
	menus    map[string][]MenuEntry
	last     []queued // confirmed lately, for duplicates
	perChat  rate.Limit
	burst    int
}

// chat is one private chat.
type chat struct {
	messages []*Sent
	nextID   int
	blocked  bool
	limiter  *rate.Limiter // nil: no limit
}

// New starts a server for one bot. It ends with the test.
func New(t testing.TB, token string) *Server {
	s := &Server{
		token: token, done: make(chan struct{}), changed: make(chan struct{}),
		chats: map[int64]*chat{}, nextID: 1000, files: map[string]*file{},
		presses: map[string]bool{}, calls: map[string]int{}, menus: map[string][]MenuEntry{},
	}
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(func() {
		close(s.done)
		s.http.CloseClientConnections()
		s.http.Close()
	})
	return s
}

// URL is the address of the server, for the adapter's options.
func (s *Server) URL() string { return s.http.URL }

// Revoke makes the token invalid, as @BotFather does.
func (s *Server) Revoke() { s.change(func() { s.revoked = true }) }

// Restore makes the token valid again.
func (s *Server) Restore() { s.change(func() { s.revoked = false }) }

// Reissue replaces the token, as @BotFather does.
func (s *Server) Reissue(token string) { s.change(func() { s.token, s.revoked = token, false }) }

// SetWebhook makes getUpdates fail as it does while a webhook is set.
func (s *Server) SetWebhook(on bool) { s.change(func() { s.webhook = on }) }

// Limit refuses messages that come faster than perSecond to one chat, after
// burst at once, with 429. It holds for chats that begin afterwards.
func (s *Server) Limit(perSecond float64, burst int) {
	s.change(func() { s.perChat, s.burst = rate.Limit(perSecond), burst })
}

// Calls is how often a method was called, whatever came of it.
func (s *Server) Calls(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[method]
}

// Refusals are the calls that the server itself answered with 400 or 404,
// as "method: description". Faults and unchanged edits are not among them.
func (s *Server) Refusals() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.refusals...)
}

// MenuEntry is a line of a command menu.
type MenuEntry struct {
	Command     string `json:"command"`
	Description string `json:"description"`
}

// Menu is what setMyCommands stored for a scope, such as "all_private_chats".
func (s *Server) Menu(scope string) []MenuEntry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]MenuEntry(nil), s.menus[scope]...)
}

// change runs fn under the lock and wakes everybody who waits.
func (s *Server) change(fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn()
	s.wake()
}

// wake tells everybody who waits that something changed. The lock is held.
func (s *Server) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// chatOf is the chat with a person, made when needed. The lock is held.
func (s *Server) chatOf(user int64) *chat {
	c := s.chats[user]
	if c == nil {
		c = &chat{nextID: 1}
		if s.burst > 0 {
			c.limiter = rate.NewLimiter(s.perChat, s.burst)
		}
		s.chats[user] = c
	}
	return c
}

func now() int64 { return time.Now().Unix() }
