package conversation

import (
	"context"

	"onionbot/bots/command"
	"onionbot/bots/reply"
	"onionbot/services"
)

// share gives an instance to another user as well, or takes it back.
func (r *Router) share(ctx context.Context, t turn, c command.Command) error {
	with := r.o.Directory.Named(c.Person)
	if with == nil { // who else is here is for operators to know
		err := services.E(services.CodeUnknownPerson, "name", c.Person)
		if t.user.Operates() {
			_, err := r.somebody(c.Person)
			return err
		}
		return err
	}
	if c.Verb == command.VerbUnshare {
		return r.o.Manager.Unshare(ctx, t.req, c.Target, with.Name, func(i *services.Instance) ([]byte, error) {
			return reply.Encode(r.o.Replies.Unshared(i, with.Name))
		})
	}
	return r.o.Manager.Share(ctx, t.req, c.Target, with, r.reach(with), func(i *services.Instance) (answer, news []byte, err error) {
		if answer, err = reply.Encode(r.o.Replies.Shared(i, with)); err != nil {
			return nil, nil, err
		}
		news, err = reply.Encode(r.o.Replies.Given(i, t.user, with))
		return answer, news, err
	})
}

// reach is where a user can be told something; empty if nowhere.
func (r *Router) reach(u *services.User) services.Route {
	for _, acc := range r.o.Directory.Accounts(u.Name) {
		if r.o.Directory.Lookup(acc.Network, acc.ID) != nil {
			return services.Route{Network: acc.Network, Account: acc.ID}
		}
	}
	return services.Route{}
}
