package services

import (
	"context"
	"time"
)

// Joined is what became of a code that was used.
type Joined struct {
	User   User
	Kind   InviteKind
	Handle string // what people read of the account
}

// JoinWords are the messages about it: to the account that sent the code, and
// to whoever had it made.
type JoinWords func(j Joined) (welcome, news []byte, err error)

// Redeem binds the account that sent one of the codes to the user whom it was
// made for, and uses it up. [CodeNotFound] says that there is no such code,
// [CodeConflict] that the account belongs to somebody already.
func (m *Manager) Redeem(ctx context.Context, req Request, codes []string, b Binding, handle string, words JoinWords) error {
	who := &User{}
	err := m.command(ctx, req.as(who), AuditEntry{Action: "join", Detail: b.Network}, func(tx Tx, now time.Time) ([]*Notice, error) {
		inv, err := live(tx, codes, now)
		if err != nil {
			return nil, err
		}
		if inv == nil {
			return nil, E(CodeNotFound)
		}
		*who = inv.User
		who.Stored = false // the audit names them; nobody asks what they may
		if err := join(tx, inv, b, now); err != nil {
			return nil, err
		}
		welcome, news, err := words(Joined{User: inv.User, Kind: inv.Kind, Handle: handle})
		if err != nil {
			return nil, err
		}
		return []*Notice{
			{Key: req.replyKey(), Kind: KindReply, Body: welcome},
			{Key: "joined/" + inv.Hash, Kind: KindReply, Body: news, To: inv.To, Owner: inv.By, Alert: true},
		}, nil
	})
	if err == nil {
		m.peopleChanged()
	}
	return err
}

// as is the request in the name of a user.
func (r Request) as(u *User) Request {
	r.User = u
	return r
}

// join makes the sender of a code who it says.
func join(tx Tx, inv *Invite, b Binding, now time.Time) error {
	b.User, b.Configured, b.At = inv.User.Name, inv.Configured, now
	switch inv.Kind {
	case InvitePerson:
		if _, err := tx.Person(inv.User.Name); !IsCode(err, CodeNotFound) {
			return err // nobody becomes anew who they are already
		}
		err := tx.PutPerson(&Person{User: inv.User, InvitedBy: inv.By, CreatedAt: now})
		if err != nil {
			return err
		}
	case InviteLink:
		if inv.Configured {
			break
		}
		p, err := tx.Person(inv.User.Name)
		if err != nil {
			return err
		}
		if p.Blocked {
			return E(CodeNotFound)
		}
	}
	if err := tx.DropInvite(inv.Hash); err != nil {
		return err
	}
	return tx.AddBinding(b)
}

// Burn makes the codes worthless that were sent where others can read them,
// and tells the readers about each. It reports whether there was any.
func (m *Manager) Burn(ctx context.Context, network string, codes []string, readers func(inv *Invite) []Route, words func(inv *Invite) ([]byte, error)) (bool, error) {
	now, burnt := m.o.Clock.Now(), false
	err := m.o.Store.Update(ctx, func(tx Tx) error {
		burnt = false
		for {
			inv, err := live(tx, codes, now)
			if err != nil || inv == nil {
				return err
			}
			burnt = true
			if err := burn(tx, network, inv, readers(inv), words, now); err != nil {
				return err
			}
		}
	})
	if err == nil && burnt {
		m.peopleChanged()
		m.o.Outbox.Notify()
	}
	return burnt, err
}

func burn(tx Tx, network string, inv *Invite, readers []Route, words func(*Invite) ([]byte, error), now time.Time) error {
	if err := tx.DropInvite(inv.Hash); err != nil {
		return err
	}
	body, err := words(inv)
	if err != nil {
		return err
	}
	for _, to := range readers {
		n := &Notice{
			Key: "burnt/" + inv.Hash + "/" + to.Network + "/" + to.Account, Kind: KindReply, Body: body,
			To: to, Owner: inv.By, Alert: true, DueAt: now, State: NoticePending,
		}
		if _, err := tx.AddNotice(n); err != nil {
			return err
		}
	}
	return tx.AddAudit(AuditEntry{At: now, Network: network, Owner: inv.By, Action: "burn", Outcome: "ok", Detail: inv.User.Name})
}
