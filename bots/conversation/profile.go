package conversation

import (
	"context"
	"slices"

	"onionbot/bots"
	"onionbot/bots/command"
	"onionbot/bots/reply"
	"onionbot/services"
)

// profile is what there is to say about a user.
func (r *Router) profile(ctx context.Context, u *services.User) (reply.Profile, error) {
	p := reply.Profile{User: u}
	own, lastDay, err := r.o.Manager.Usage(ctx, u.Name)
	if err != nil {
		return p, err
	}
	p.Running, p.LastDay = own, lastDay
	for _, acc := range r.o.Directory.Accounts(u.Name) {
		p.Accounts = append(p.Accounts, acc.Network+" "+acc.ID)
	}
	if u.Stored {
		stored, err := r.o.Manager.Person(ctx, u.Name)
		if err != nil && !services.IsCode(err, services.CodeNotFound) {
			return p, err
		}
		p.Blocked = stored != nil && stored.Blocked
	}
	return p, nil
}

// aboutPeople answers the questions about users.
func (r *Router) aboutPeople(ctx context.Context, t turn, c command.Command) (bots.Reply, error) {
	switch c.Verb {
	case command.VerbInvites:
		all, err := r.o.Manager.Invites(ctx)
		return r.o.Replies.Invites(all, t.now), err
	case command.VerbUsers:
		return r.users(ctx)
	case command.VerbUser:
		u, err := r.somebody(c.Person)
		if err != nil {
			return bots.Reply{}, err
		}
		p, err := r.profile(ctx, u)
		return r.o.Replies.UserCard(p, t.now), err
	}
	p, err := r.profile(ctx, t.user)
	return r.o.Replies.Whoami(p), err
}

func (r *Router) users(ctx context.Context) (bots.Reply, error) {
	var all []reply.Profile
	for _, u := range r.o.Directory.Users() {
		p, err := r.profile(ctx, u)
		if err != nil {
			return bots.Reply{}, err
		}
		p.Running = slices.DeleteFunc(p.Running, func(i *services.Instance) bool { return !i.Live() })
		all = append(all, p)
	}
	waiting, err := r.o.Manager.Invites(ctx)
	return r.o.Replies.Users(all, len(waiting)), err
}
