package conversation

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"onionbot/services"
)

// Directory tells who somebody is. Nobody is known who is not listed.
type Directory interface {
	// Lookup returns the user behind an account; nil for a stranger.
	Lookup(network, account string) *services.User
	// HasUser reports whether somebody of that name is listed.
	HasUser(name string) bool
}

// Account is one identity of a user: a network and the id that it never
// changes.
type Account struct{ Network, ID string }

// Access is the [Directory] of the configuration.
type Access struct {
	users map[Account]*services.User
	names map[string]bool
}

var _ Directory = (*Access)(nil)

// NewAccess makes an empty directory: everybody is a stranger.
func NewAccess() *Access {
	return &Access{users: make(map[Account]*services.User), names: make(map[string]bool)}
}

// Add lists identities of a user. An account that is empty or belongs to
// somebody already is [services.CodeBadConfig].
func (a *Access) Add(u *services.User, accounts ...Account) error {
	a.names[u.Name] = true
	for _, acc := range accounts {
		if acc.Network == "" || acc.ID == "" {
			return services.E(services.CodeBadConfig, "problem", fmt.Sprintf("user %q has an empty identity", u.Name))
		}
		if other := a.users[acc]; other != nil && other != u {
			return services.E(services.CodeBadConfig, "problem",
				fmt.Sprintf("the %s identity of user %q belongs to %q already", acc.Network, u.Name, other.Name))
		}
		a.users[acc] = u
	}
	return nil
}

// Lookup returns the user behind an account; nil for a stranger.
func (a *Access) Lookup(network, account string) *services.User {
	if account == "" {
		return nil
	}
	return a.users[Account{network, account}]
}

// HasUser reports whether somebody of that name is listed.
func (a *Access) HasUser(name string) bool { return a.names[name] }

// saltSetting is the installation's salt for the hashes of strangers.
const saltSetting = "audit-salt"

// Salt returns the installation's salt, made on first use.
func Salt(ctx context.Context, store services.Store) (string, error) {
	var salt string
	err := store.Update(ctx, func(tx services.Tx) error {
		var err error
		if salt, err = tx.Setting(saltSetting); err != nil || salt != "" {
			return err
		}
		b := make([]byte, 32)
		_, _ = rand.Read(b) // never fails
		salt = hex.EncodeToString(b)
		return tx.SetSetting(saltSetting, salt)
	})
	if err != nil {
		return "", fmt.Errorf("salt of the audit: %w", err)
	}
	return salt, nil
}

// hashAccount is what the audit keeps of a stranger: enough to count them,
// not enough to name them.
func hashAccount(salt, network, account string) string {
	h := hmac.New(sha256.New, []byte(salt))
	h.Write([]byte(network + "\x00" + account))
	return hex.EncodeToString(h.Sum(nil)[:12])
}
