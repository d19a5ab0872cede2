package conversation

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"onionbot/services"
)

// Directory tells who somebody is. Nobody is known who is not listed.
type Directory interface {
	// Lookup returns the user behind an account; nil for a stranger.
	Lookup(network, account string) *services.User
	// HasUser reports whether somebody of that name is listed, blocked or not.
	HasUser(name string) bool
	// Named finds a user by name, whatever the case of its letters; nil for none.
	Named(name string) *services.User
	// Users are all that are listed, in order of their names.
	Users() []*services.User
	// Accounts are those that a user answers to.
	Accounts(name string) []Account
}

// Account is one identity of a user: a network and the id that it never
// changes.
type Account struct{ Network, ID string }

// Access is the [Directory]: the users of the configuration, who come first,
// and those of the store.
type Access struct {
	mu    sync.Mutex // held while known is made
	fixed []fixed
	store services.Store // nil for none
	log   *slog.Logger

	stale atomic.Bool // the store has changed since known was made
	known atomic.Pointer[known]
}

// fixed is a user of the configuration.
type fixed struct {
	user     *services.User
	accounts []Account
}

var _ Directory = (*Access)(nil)

// NewAccess makes an empty directory: everybody is a stranger.
func NewAccess() *Access {
	a := &Access{}
	a.known.Store(newKnown())
	return a
}

// Add lists identities of a user of the configuration. An account that is
// empty or belongs to somebody already is [services.CodeBadConfig].
func (a *Access) Add(u *services.User, accounts ...Account) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, acc := range accounts {
		if acc.Network == "" || acc.ID == "" {
			return services.E(services.CodeBadConfig, "problem", fmt.Sprintf("user %q has an empty identity", u.Name))
		}
		for _, f := range a.fixed {
			if f.user != u && slices.Contains(f.accounts, acc) {
				return services.E(services.CodeBadConfig, "problem",
					fmt.Sprintf("the %s identity of user %q belongs to %q already", acc.Network, u.Name, f.user.Name))
			}
		}
	}
	a.fixed = append(a.fixed, fixed{u, accounts})
	return a.refresh()
}

// Join adds the users of a store to those of the configuration. It reads them
// now, and again whenever [Access.Changed] says so.
func (a *Access) Join(store services.Store, log *slog.Logger) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.store, a.log = store, log
	return a.refresh()
}

// Replace takes the users of the configuration from another directory.
func (a *Access) Replace(other *Access) error {
	other.mu.Lock()
	fresh := slices.Clone(other.fixed)
	other.mu.Unlock()
	a.mu.Lock()
	defer a.mu.Unlock()
	before := a.fixed
	a.fixed = fresh
	err := a.refresh()
	if err != nil {
		a.fixed = before
	}
	return err
}

// Changed says that the people of the store are others now: whoever is looked
// up from here on is looked up among them.
func (a *Access) Changed() { a.stale.Store(true) }

// readLimit is how long reading the people of the store may take.
const readLimit = 10 * time.Second

// now is who everybody is. If the store cannot be read it is who they were,
// and the next one to ask tries again.
func (a *Access) now() *known {
	if a.stale.Load() {
		a.mu.Lock()
		if a.stale.Swap(false) {
			if err := a.refresh(); err != nil {
				a.stale.Store(true)
				a.log.Error("read people", "error", err)
			}
		}
		a.mu.Unlock()
	}
	return a.known.Load()
}

// Lookup returns the user behind an account; nil for a stranger.
func (a *Access) Lookup(network, account string) *services.User {
	if account == "" {
		return nil
	}
	return a.now().byAccount[Account{network, account}]
}

// HasUser reports whether somebody of that name is listed, blocked or not.
func (a *Access) HasUser(name string) bool { return a.now().byName[name] != nil }

// Named finds a user by name, whatever the case of its letters; nil for none.
func (a *Access) Named(name string) *services.User {
	k := a.now()
	if u := k.byName[name]; u != nil {
		return u
	}
	for other, u := range k.byName {
		if strings.EqualFold(other, name) {
			return u
		}
	}
	return nil
}

// Users are all that are listed, in order of their names.
func (a *Access) Users() []*services.User {
	var out []*services.User
	for _, u := range a.now().byName {
		out = append(out, u)
	}
	slices.SortFunc(out, func(a, b *services.User) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Accounts are those that a user answers to.
func (a *Access) Accounts(name string) []Account { return slices.Clone(a.now().accounts[name]) }

// Actor is the global address that an account had when it was bound to its
// user; "" if that is not known.
func (a *Access) Actor(network, account string) string {
	return a.now().actors[Account{network, account}]
}

// Hidden are people of the store that nobody can be, because the
// configuration has users of their names.
func (a *Access) Hidden() []string { return a.now().hidden }

// refresh reads everybody anew. The caller holds mu.
func (a *Access) refresh() error {
	k := newKnown()
	read := func(tx services.Tx) (err error) {
		k, err = readKnown(a.fixed, tx)
		return err
	}
	if a.store == nil {
		k.addFixed(a.fixed, nil)
		a.known.Store(k)
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), readLimit)
	defer cancel()
	if err := a.store.View(ctx, read); err != nil {
		return fmt.Errorf("read people: %w", err)
	}
	a.known.Store(k)
	return nil
}
