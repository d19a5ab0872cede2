package conversation

import (
	"slices"
	"strings"

	"onionbot/services"
)

// known is who everybody is. It is never changed, only replaced.
type known struct {
	byAccount map[Account]*services.User
	byName    map[string]*services.User
	accounts  map[string][]Account
	actors    map[Account]string // pinned when the account was bound
	hidden    []string           // people of the store whose names the configuration has
}

func newKnown() *known {
	return &known{
		byAccount: make(map[Account]*services.User), byName: make(map[string]*services.User),
		accounts: make(map[string][]Account), actors: make(map[Account]string),
	}
}

// readKnown adds what the store has of people to the users of the configuration.
func readKnown(configured []fixed, tx services.Tx) (*known, error) {
	k := newKnown()
	keys, err := tx.Keys()
	if err != nil {
		return nil, err
	}
	k.addFixed(configured, keys)
	people, err := tx.People()
	if err != nil {
		return nil, err
	}
	blocked := make(map[string]bool)
	for _, p := range people {
		if k.has(p.User.Name) {
			k.hidden = append(k.hidden, p.User.Name)
			continue
		}
		k.byName[p.User.Name] = withKeys(&p.User, keys)
		blocked[p.User.Name] = p.Blocked
	}
	bindings, err := tx.Bindings()
	for _, b := range bindings {
		k.bind(b, blocked[b.User])
	}
	return k, err
}

// addFixed lists the users of the configuration.
func (k *known) addFixed(configured []fixed, keys []services.Key) {
	for _, f := range configured {
		u := withKeys(f.user, keys)
		k.byName[u.Name] = u
		for _, acc := range f.accounts {
			k.byAccount[acc] = u
		}
		k.accounts[u.Name] = append(k.accounts[u.Name], f.accounts...)
	}
}

// withKeys is the user with the keys that they gave in a chat.
func withKeys(u *services.User, keys []services.Key) *services.User {
	lines, onions := slices.Clone(u.SSHKeys), slices.Clone(u.OnionKeys)
	for _, key := range keys {
		if public, ok := services.ClientIn(key.Line); ok {
			if key.User == u.Name && key.Configured != u.Stored {
				onions = append(onions, public)
			}
			continue
		}
		if key.User == u.Name && key.Configured != u.Stored && !slices.Contains(lines, key.Line) {
			lines = append(lines, key.Line)
		}
	}
	if len(lines) == len(u.SSHKeys) && len(onions) == len(u.OnionKeys) {
		return u
	}
	with := *u
	with.SSHKeys, with.OnionKeys = lines, onions
	return &with
}

// bind gives an account to the user that a row of the store means, if they
// are still here. Whom the configuration names comes first, and so does its
// user before a namesake of the store.
func (k *known) bind(b services.Binding, blocked bool) {
	acc, u := Account{b.Network, b.Account}, k.byName[b.User]
	if u == nil || u.Stored == b.Configured || k.byAccount[acc] != nil {
		return
	}
	k.accounts[u.Name] = append(k.accounts[u.Name], acc)
	k.actors[acc] = b.Actor
	if !blocked {
		k.byAccount[acc] = u
	}
}

// has reports whether a name is taken, whatever the case of its letters.
func (k *known) has(name string) bool {
	for other := range k.byName {
		if strings.EqualFold(other, name) {
			return true
		}
	}
	return false
}
