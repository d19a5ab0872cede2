package conversation

import (
	"context"

	"onionbot/bots"
	"onionbot/bots/command"
	"onionbot/bots/reply"
	"onionbot/services"
)

// codesIn are the words of a message that look like codes.
func codesIn(m *bots.Message) []string { return services.FindCodes(command.Clean(m.Text)) }

// mayJoin reports whether a stranger's message is worth a look: it holds what
// can be a code, and they have not tried too often. One that others can read
// is looked at as well, since a code in it has to be made worthless.
func (r *Router) mayJoin(m *bots.Message) bool {
	return len(codesIn(m)) > 0 && r.guesses.allow(senderOf(m), r.o.Clock.Now())
}

// stranger deals with a message of somebody who is nobody. A code that is
// good makes them a user; all else gets silence.
func (r *Router) stranger(ctx context.Context, t turn) error {
	codes := codesIn(t.msg)
	if len(codes) == 0 {
		return r.silence(ctx, t)
	}
	b := services.Binding{Network: t.msg.Network, Account: t.msg.From.Account, Actor: t.msg.From.Actor}
	err := r.o.Manager.Redeem(ctx, t.req, codes, b, t.msg.From.Handle, func(j services.Joined) (welcome, news []byte, err error) {
		out := r.o.Replies.Welcome(&j.User, j.Kind, services.Permitted(r.o.Manager.Catalog(), &j.User))
		if welcome, err = reply.Encode(out); err != nil {
			return nil, nil, err
		}
		news, err = reply.Encode(r.o.Replies.Joined(j, t.msg.Network))
		return welcome, news, err
	})
	if services.IsCode(err, services.CodeNotFound) {
		return r.silence(ctx, t)
	}
	return err
}

// silence erases a message and answers nothing.
func (r *Router) silence(ctx context.Context, t turn) error {
	return r.o.Store.Update(ctx, func(tx services.Tx) error { return r.ignore(tx, t.msg, r.o.Clock.Now()) })
}

// code answers a user who sends a code that is good. It joins nothing: they
// are somebody already.
func (r *Router) code(ctx context.Context, t turn) (done bool, err error) {
	codes := codesIn(t.msg)
	if len(codes) == 0 {
		return false, nil
	}
	inv, err := r.o.Manager.CodeFor(ctx, codes)
	if err != nil || inv == nil {
		return false, err
	}
	return true, r.answer(ctx, t, r.o.Replies.AlreadySomebody(t.user, inv), "join", string(services.CodeKnownPerson))
}

// public deals with what others can read: nothing of it is done, and a code
// in it is worthless from then on.
func (r *Router) public(ctx context.Context, t turn) error {
	if codes := codesIn(t.msg); len(codes) > 0 {
		_, err := r.o.Manager.Burn(ctx, t.msg.Network, codes, r.readers, func(inv *services.Invite) ([]byte, error) {
			return reply.Encode(r.o.Replies.Burnt(inv, t.msg.Network, t.msg.From.Handle))
		})
		if err != nil {
			return err
		}
	}
	switch {
	case t.user == nil:
		return r.silence(ctx, t)
	case services.HoldsPrivateKey(t.msg.Text):
		return r.privateKey(ctx, t)
	}
	return r.answer(ctx, t, r.o.Replies.Private(), "message", "public")
}

// readers are who hears that a code was burnt: whoever had it made, and every
// operator, wherever they can be reached.
func (r *Router) readers(inv *services.Invite) []services.Route {
	out := []services.Route{inv.To}
	for _, u := range r.o.Directory.Users() {
		if !u.Operates() {
			continue
		}
		for _, acc := range r.o.Directory.Accounts(u.Name) {
			if acc != (Account{inv.To.Network, inv.To.Account}) {
				out = append(out, services.Route{Network: acc.Network, Account: acc.ID})
			}
		}
	}
	return out
}
