package conversation

import (
	"context"
	"time"

	"onionbot/bots"
	"onionbot/bots/command"
	"onionbot/services"
)

// What the inbox asks about a message before its turn.

func (r *Router) sender(m *bots.Message) *services.User {
	return r.o.Directory.Lookup(m.Network, m.From.Account)
}

// knows reports whether the sender is a user.
func (r *Router) knows(m *bots.Message) bool { return r.sender(m) != nil }

// operates reports whether the sender is an operator.
func (r *Router) operates(m *bots.Message) bool {
	u := r.sender(m)
	return u != nil && u.Operates()
}

// understands reports whether the message is a command by itself.
func (r *Router) understands(m *bots.Message) bool {
	_, err := r.read(m)
	return err == nil
}

// stops reports whether the message takes something down.
func (r *Router) stops(m *bots.Message) bool {
	c, err := r.read(m)
	return err == nil && c.Verb == command.VerbStop
}

func (r *Router) read(m *bots.Message) (command.Command, error) {
	u := r.sender(m)
	if u == nil {
		return command.Command{}, services.E(services.CodeNotAllowed)
	}
	return r.grammar(u, r.o.Clock.Now()).Parse(m.Text)
}

// ignore erases a stranger's message. They can send as many as they like: all
// that stays is a counter for each hour. One that is not stored any more was
// counted before.
func (r *Router) ignore(tx services.Tx, m *bots.Message, now time.Time) error {
	there, err := tx.DropIncoming(m.Network, m.ID)
	if err != nil || !there {
		return err
	}
	return tx.CountAudit(services.AuditEntry{
		At: now, Network: m.Network, Account: hashAccount(r.salt, m.Network, m.From.Account), Action: "message", Outcome: "stranger",
	})
}

// passOver erases a user's message that was too much. Its ID is remembered, so
// that it is not done later.
func (r *Router) passOver(tx services.Tx, m *bots.Message, now time.Time) error {
	fresh, err := tx.MarkHandled(m.Network, m.ID)
	if err != nil || !fresh {
		return err
	}
	entry := services.AuditEntry{
		At: now, Network: m.Network, Account: m.From.Account, Action: "message", Outcome: string(services.CodeTooFast),
	}
	if u := r.sender(m); u != nil {
		entry.Owner = u.Name
	}
	return tx.CountAudit(entry)
}

// Calm answers a message that was too much, for all that come with it.
func (r *Router) Calm(ctx context.Context, m *bots.Message) error {
	t := turn{msg: m, user: r.sender(m)}
	t.req = services.Request{User: t.user, Route: m.Route, Network: m.Network, MessageID: m.ID, Also: also(m)}
	return r.fail(ctx, t, "message", services.E(services.CodeTooFast))
}
