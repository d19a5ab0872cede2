package services

import (
	"context"
	"time"
)

// ShareWords are the messages about a share: to whoever gives, and to whoever
// is given.
type ShareWords func(i *Instance) (answer, news []byte, err error)

// Share gives an instance to another user as well, who is told at the route
// unless that is empty.
func (m *Manager) Share(ctx context.Context, req Request, target string, with *User, to Route, words ShareWords) error {
	audit := AuditEntry{Action: "share", Detail: with.Name}
	return m.command(ctx, req, audit, func(tx Tx, now time.Time) ([]*Notice, error) {
		i, err := find(tx, req.User, target, DeedShare)
		switch {
		case err != nil:
			return nil, err
		case !i.Live():
			return nil, E(CodeEnding, "name", i.Name)
		case with.Name == i.Owner:
			return nil, E(CodeKnownPerson, "name", with.Name)
		}
		if err := tx.AddShare(i.ID, with.Name); err != nil {
			return nil, err
		}
		answer, news, err := words(i)
		notices := []*Notice{{Key: req.replyKey(), Kind: KindReply, Body: answer}}
		if to != (Route{}) {
			notices = append(notices, &Notice{Key: req.replyKey() + "/given", Kind: KindReply, Body: news, To: to, Owner: with.Name, Alert: true})
		}
		return notices, err
	})
}

// Unshare takes an instance back from a user.
func (m *Manager) Unshare(ctx context.Context, req Request, target, with string, words func(i *Instance) ([]byte, error)) error {
	audit := AuditEntry{Action: "unshare", Detail: with}
	return m.command(ctx, req, audit, func(tx Tx, _ time.Time) ([]*Notice, error) {
		i, err := find(tx, req.User, target, DeedShare)
		if err != nil {
			return nil, err
		}
		if err := tx.RemoveShare(i.ID, with); err != nil {
			return nil, err
		}
		body, err := words(i)
		return []*Notice{{Key: req.replyKey(), Kind: KindReply, Body: body}}, err
	})
}
