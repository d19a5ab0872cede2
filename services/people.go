package services

import (
	"context"
	"reflect"
	"time"
)

// stillMay looks a user of the store up once more, in the transaction of what
// they ask for: whoever was blocked, removed or limited a moment ago is that.
func stillMay(tx Tx, u *User) error {
	if u == nil || !u.Stored {
		return nil
	}
	p, err := tx.Person(u.Name)
	switch {
	case IsCode(err, CodeNotFound):
		return E(CodeStranger)
	case err != nil:
		return err
	case p.Blocked:
		return E(CodeStranger)
	}
	seen := *u
	seen.SSHKeys, seen.OnionKeys = nil, nil
	if !reflect.DeepEqual(seen, p.User) {
		return E(CodeConflict) // it is read again, with the rights of now
	}
	return nil
}

// people runs a command that changes who may use the bot.
func (m *Manager) people(ctx context.Context, req Request, audit AuditEntry, body []byte, fn func(tx Tx, now time.Time) error) error {
	err := m.command(ctx, req, audit, func(tx Tx, now time.Time) ([]*Notice, error) {
		if err := fn(tx, now); err != nil {
			return nil, err
		}
		return []*Notice{{Key: req.replyKey(), Kind: KindReply, Body: body}}, nil
	})
	if err == nil {
		m.peopleChanged()
	}
	return err
}

func (m *Manager) peopleChanged() {
	if m.o.People != nil {
		m.o.People.Changed()
	}
}

// Invite stores a code that was made for somebody; body is the answer that
// tells it. A code that was made for them before is good for nothing then.
func (m *Manager) Invite(ctx context.Context, req Request, inv *Invite, body []byte) error {
	audit := AuditEntry{Action: string(inv.Kind), Detail: inv.User.Name}
	return m.people(ctx, req, audit, body, func(tx Tx, now time.Time) error {
		return AddInvite(tx, inv, now)
	})
}

// AddInvite stores a code in a transaction of its own. Whoever is here
// already needs none: [CodeKnownPerson].
func AddInvite(tx Tx, inv *Invite, now time.Time) error {
	if inv.Kind == InvitePerson {
		_, err := tx.Person(inv.User.Name)
		if err == nil {
			return E(CodeKnownPerson, "name", inv.User.Name)
		}
		if !IsCode(err, CodeNotFound) {
			return err
		}
	}
	inv.ExpiresAt = now.Add(inv.ExpiresAt.Sub(inv.CreatedAt))
	inv.CreatedAt = now
	return tx.PutInvite(inv)
}

// Invites are the codes of new users that can still be used, oldest first.
func (m *Manager) Invites(ctx context.Context) ([]*Invite, error) {
	var out []*Invite
	now := m.o.Clock.Now()
	err := m.o.Store.View(ctx, func(tx Tx) error {
		all, err := tx.Invites()
		for _, i := range all {
			if i.Kind == InvitePerson && i.ExpiresAt.After(now) {
				out = append(out, i)
			}
		}
		return err
	})
	return out, err
}

// Uninvite makes the code that was given out for somebody worthless.
func (m *Manager) Uninvite(ctx context.Context, req Request, name string, body []byte) error {
	return m.people(ctx, req, AuditEntry{Action: "uninvite", Detail: name}, body, func(tx Tx, now time.Time) error {
		return DropInvitation(tx, name, now)
	})
}

// DropInvitation makes the code for somebody worthless in a transaction of its
// own; [CodeNoInvite] if there is none that could still be used.
func DropInvitation(tx Tx, name string, now time.Time) error {
	all, err := tx.Invites()
	if err != nil {
		return err
	}
	for _, i := range all {
		if i.Kind == InvitePerson && i.User.Name == name && i.ExpiresAt.After(now) {
			return tx.DropInvite(i.Hash)
		}
	}
	return E(CodeNoInvite, "name", name)
}

// live finds the first of the codes that can be used now; nil if none can.
func live(tx Tx, codes []string, now time.Time) (*Invite, error) {
	for _, code := range codes {
		i, err := tx.Invite(HashCode(code))
		switch {
		case err == nil && i.ExpiresAt.After(now):
			return i, nil
		case err != nil && !IsCode(err, CodeNotFound):
			return nil, err
		}
	}
	return nil, nil
}

// CodeFor finds out what a message with codes is about, without using any;
// nil if none of them can be used.
func (m *Manager) CodeFor(ctx context.Context, codes []string) (found *Invite, err error) {
	err = m.o.Store.View(ctx, func(tx Tx) error {
		found, err = live(tx, codes, m.o.Clock.Now())
		return err
	})
	return found, err
}
