package mastodontest

import (
	"slices"
	"strings"
	"time"
)

// Account is somebody as the bot's server sees them.
type Account struct {
	ID          string
	Acct        string // "alice", or "alice@remote.example"
	DisplayName string
	URI         string // the actor
	URL         string
	Note        string
	Bot         bool
	Suspended   bool
	Gone        bool // deleted: 404
	BlocksBot   bool
	CreatedAt   time.Time
}

// AddAccount makes an account; with a host in acct it is a remote one.
func (s *Server) AddAccount(acct string) *Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addAccount(acct)
}

func (s *Server) addAccount(acct string) *Account {
	user, host, remote := strings.Cut(acct, "@")
	if !remote {
		host = Domain
	}
	a := &Account{
		ID:          s.next("account"),
		Acct:        acct,
		DisplayName: user,
		URI:         "https://" + host + "/users/" + user,
		URL:         "https://" + host + "/@" + user,
		CreatedAt:   time.Now().Add(-1000 * time.Hour),
	}
	s.accounts = append(s.accounts, a)
	return a
}

// Reborn ends an account and gives its address to a new one, with another id.
func (s *Server) Reborn(old *Account) *Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	old.Gone = true
	return s.addAccount(old.Acct)
}

// Change runs fn while no request is served: for changes of accounts.
func (s *Server) Change(fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn()
}

// Following reports whether the bot follows the account.
func (s *Server) Following(a *Account) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.following, a.ID)
}

// SetPolicy sets a field of the notification policy: "accept", "filter" or "drop".
func (s *Server) SetPolicy(field, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.policy[field] = value
}

// Policy reads a field of the notification policy.
func (s *Server) Policy(field string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.policy[field]
}

func (s *Server) accountByID(id string) *Account {
	for _, a := range s.accounts {
		if a.ID == id && !a.Gone {
			return a
		}
	}
	return nil
}

// accountByAcct finds the living account behind an address.
func (s *Server) accountByAcct(acct string) *Account {
	acct = strings.TrimSuffix(strings.ToLower(acct), "@"+Domain)
	for _, a := range s.accounts {
		if strings.ToLower(a.Acct) == acct && !a.Gone {
			return a
		}
	}
	return nil
}

// accountJSON is the Account entity.
func (s *Server) accountJSON(a *Account) map[string]any {
	user, _, _ := strings.Cut(a.Acct, "@")
	j := map[string]any{
		"id": a.ID, "username": user, "acct": a.Acct, "display_name": a.DisplayName, "locked": false,
		"bot": a.Bot, "created_at": a.CreatedAt.UTC().Format("2006-01-02T15:04:05.000Z"), "note": "<p>" + a.Note + "</p>",
		"url": a.URL, "avatar": "https://" + Domain + "/a.png", "header": "https://" + Domain + "/h.png",
		"followers_count": 3, "following_count": 2, "statuses_count": 1, "emojis": []any{}, "fields": []any{},
	}
	if s.flavour == Pleroma {
		j["pleroma"] = map[string]any{"ap_id": a.URI}
	} else {
		j["uri"] = a.URI
	}
	if a.Suspended {
		j["suspended"] = true
	}
	return j
}
