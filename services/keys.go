package services

import (
	"context"
	"slices"
	"strings"
	"time"
)

// mostKeys is how many keys one user may give.
const mostKeys = 20

// privateMarks are what stands in the files of private keys, of ssh, of other
// programs, and of clients of private onions.
var privateMarks = []string{"PRIVATE KEY-----", "PRIVATE KEY BLOCK-----", "AGE-SECRET-KEY-1", "PuTTY-User-Key-File-", ".onion:descriptor:x25519:"}

// HoldsPrivateKey reports whether a text holds a private key, which nobody
// needs but its owner.
func HoldsPrivateKey(text string) bool {
	return HoldsClientKey(text) || slices.ContainsFunc(privateMarks, func(mark string) bool { return strings.Contains(text, mark) })
}

// KeysOf are the keys that a user gave in a chat, oldest first.
func (m *Manager) KeysOf(ctx context.Context, u *User) (out []Key, err error) {
	err = m.o.Store.View(ctx, func(tx Tx) error {
		out, err = keysOf(tx, u)
		return err
	})
	return out, err
}

func keysOf(tx Tx, u *User) ([]Key, error) {
	all, err := tx.Keys()
	return slices.DeleteFunc(all, func(k Key) bool { return k.User != u.Name || k.Configured == u.Stored }), err
}

// AddKey gives a user one more key; what runs takes it at once.
func (m *Manager) AddKey(ctx context.Context, req Request, line string, body []byte) error {
	return m.changeKeys(ctx, req, AuditEntry{Action: "key-add"}, body, func(tx Tx, now time.Time) error {
		had, err := keysOf(tx, req.User)
		switch {
		case err != nil:
			return err
		case len(had) >= mostKeys:
			return E(CodeBadKey, "reason", "many")
		case slices.ContainsFunc(had, func(k Key) bool { return k.Line == line }):
			return E(CodeBadKey, "reason", "known")
		}
		return tx.AddKey(&Key{User: req.User.Name, Configured: !req.User.Stored, Line: line, At: now})
	})
}

// RemoveKey takes a key of a user away; what runs lets it in no more.
func (m *Manager) RemoveKey(ctx context.Context, req Request, id int64, body []byte) error {
	return m.changeKeys(ctx, req, AuditEntry{Action: "key-remove"}, body, func(tx Tx, _ time.Time) error {
		had, err := keysOf(tx, req.User)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(had, func(k Key) bool { return k.ID == id }) {
			return E(CodeBadKey, "reason", "number")
		}
		return tx.RemoveKey(id)
	})
}

// changeKeys changes a user's keys and wakes what of theirs runs.
func (m *Manager) changeKeys(ctx context.Context, req Request, audit AuditEntry, body []byte, fn func(tx Tx, now time.Time) error) error {
	var live []*Instance
	err := m.people(ctx, req, audit, body, func(tx Tx, now time.Time) (err error) {
		if live, err = tx.Instances(InstanceFilter{Owner: req.User.Name, Desired: DesiredRunning}); err != nil {
			return err
		}
		return fn(tx, now)
	})
	if err == nil {
		for _, i := range live {
			m.o.Reconciler.Notify(i.ID)
		}
	}
	return err
}
