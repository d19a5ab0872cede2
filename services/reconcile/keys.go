package reconcile

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"onionbot/services"
)

// keysOf are the public keys that may log in to an instance, and one word that
// changes with them; "" if it takes none, or its owner is nobody. def may be nil.
func (r *Reconciler) keysOf(inst *services.Instance, def *services.Definition) (keys []string, word string) {
	if def == nil || !slices.ContainsFunc(def.Singles(), func(d *services.Definition) bool { return d.NeedsSSHKeys }) {
		return nil, ""
	}
	u := r.o.User(inst.Owner)
	if u == nil { // who has left the configuration keeps what runs as it is
		return nil, ""
	}
	sum := sha256.Sum256([]byte(strings.Join(u.SSHKeys, "\n")))
	return u.SSHKeys, hex.EncodeToString(sum[:8])
}

// applyKeys gives the containers of an instance the keys of its owner as they
// are now.
func (r *Reconciler) applyKeys(ctx context.Context, j *job) error {
	def, ok := r.o.Catalog.Find(j.inst.Service)
	if !ok {
		return nil
	}
	parts := def.Singles()
	keys, word := r.keysOf(j.inst, def)
	err := forEach(j.inst, func(n int, id string) error {
		if n >= len(parts) || !parts[n].NeedsSSHKeys {
			return nil
		}
		return r.o.Runtime.SetKeys(ctx, id, keys)
	})
	if err == nil {
		j.remember(func(m *Memo) { m.KeysTold = word })
	}
	return err
}
