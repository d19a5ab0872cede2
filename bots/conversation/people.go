package conversation

import (
	"context"
	"strings"
	"time"

	"onionbot/bots"
	"onionbot/bots/command"
	"onionbot/bots/reply"
	"onionbot/services"
)

const (
	// inviteFor is how long a code for a new user is good when no time is named.
	inviteFor = 24 * time.Hour
	// longestInvite is the most that can be named.
	longestInvite = 30 * 24 * time.Hour
	// linkFor is how long a code for another account is good.
	linkFor = 15 * time.Minute
)

// NewcomerRights are what an invited user may do when nothing else is said.
func NewcomerRights() services.Rights {
	return services.Rights{Role: services.RoleMember, Services: []string{"*"}, MaxInstances: 2, MaxLife: 24 * time.Hour}
}

// NewInvite makes a code for somebody and what is stored of it. The times of
// the invite are relative to now.
func NewInvite(c command.Command, by string, to services.Route, now time.Time) (code string, inv *services.Invite, err error) {
	if !services.ValidName(c.Person) {
		return "", nil, services.E(services.CodeBadName, "word", c.Person)
	}
	life := c.For
	switch {
	case life == 0:
		life = inviteFor
	case life > longestInvite:
		return "", nil, services.E(services.CodeBadDuration, "word", life.String(), "why", "long")
	}
	user := services.User{Name: c.Person}
	user.Grant(NewcomerRights())
	user.Grant(c.Rights)
	code = services.NewCode()
	to.ReplyTo = ""
	return code, &services.Invite{
		Hash: services.HashCode(code), Kind: services.InvitePerson, User: user, By: by, To: to, CreatedAt: now, ExpiresAt: now.Add(life),
	}, nil
}

// invite makes a code for a new user, or takes one back.
func (r *Router) invite(ctx context.Context, t turn, c command.Command) error {
	if c.Cancel {
		body, err := reply.Encode(r.o.Replies.Uninvited(c.Person))
		if err != nil {
			return err
		}
		return r.o.Manager.Uninvite(ctx, t.req, c.Person, body)
	}
	if known := r.o.Directory.Named(c.Person); known != nil {
		return services.E(services.CodeKnownPerson, "name", known.Name)
	}
	code, inv, err := NewInvite(c, t.user.Name, t.msg.Route, t.now)
	if err != nil {
		return err
	}
	out := r.o.Replies.Invited(&inv.User, r.handOver(code, inv), t.now)
	return r.giveCode(ctx, t, inv, out)
}

// link makes a code for another account of the same user.
func (r *Router) link(ctx context.Context, t turn) error {
	code, to := services.NewCode(), t.msg.Route
	to.ReplyTo = ""
	inv := &services.Invite{
		Hash: services.HashCode(code), Kind: services.InviteLink, User: services.User{Name: t.user.Name}, Configured: !t.user.Stored,
		By: t.user.Name, To: to, CreatedAt: t.now, ExpiresAt: t.now.Add(linkFor),
	}
	return r.giveCode(ctx, t, inv, r.o.Replies.LinkCode(r.handOver(code, inv), t.now))
}

func (r *Router) handOver(code string, inv *services.Invite) reply.Code {
	return reply.Code{Text: code, Link: r.inviteLink(code), Until: inv.ExpiresAt}
}

func (r *Router) giveCode(ctx context.Context, t turn, inv *services.Invite, out bots.Reply) error {
	body, err := reply.Encode(out)
	if err != nil {
		return err
	}
	return r.o.Manager.Invite(ctx, t.req, inv, body)
}

// stored finds the user of the store that a word names.
func (r *Router) stored(word string) (*services.User, error) {
	u, err := r.somebody(word)
	if err == nil && !u.Stored {
		return nil, services.E(services.CodeConfigured, "name", u.Name)
	}
	return u, err
}

// somebody finds the user that a word names.
func (r *Router) somebody(word string) (*services.User, error) {
	if u := r.o.Directory.Named(word); u != nil {
		return u, nil
	}
	return nil, services.E(services.CodeUnknownPerson, "name", word, "suggestion", services.Suggest(word, r.names()))
}

// names are those of all users.
func (r *Router) names() (out []string) {
	for _, u := range r.o.Directory.Users() {
		out = append(out, strings.ToLower(u.Name))
	}
	return out
}

// change changes what somebody may do.
func (r *Router) change(ctx context.Context, t turn, c command.Command) error {
	u, err := r.stored(c.Person)
	if err != nil {
		return err
	}
	own, _, err := r.o.Manager.Usage(ctx, u.Name)
	if err != nil {
		return err
	}
	changed, out := *u, bots.Reply{}
	do := func(*services.Person) {}
	switch c.Verb {
	case command.VerbLimit:
		do = func(p *services.Person) { p.User.Grant(c.Rights) }
		changed.Grant(c.Rights)
		out = r.o.Replies.Limited(&changed)
	case command.VerbBlock:
		do = func(p *services.Person) { p.Blocked = true }
		out = r.o.Replies.Blocked(u.Name, own)
	case command.VerbUnblock:
		do = func(p *services.Person) { p.Blocked = false }
		out = r.o.Replies.Unblocked(u.Name)
	}
	body, err := reply.Encode(out)
	if err != nil {
		return err
	}
	audit := services.AuditEntry{Action: string(c.Verb), Detail: strings.TrimPrefix(c.String(), string(c.Verb)+" ")}
	return r.o.Manager.ChangePerson(ctx, t.req, u.Name, audit, body, do)
}

// remove makes somebody a stranger.
func (r *Router) remove(ctx context.Context, t turn, c command.Command) error {
	u, err := r.stored(c.Person)
	if err != nil {
		return err
	}
	return r.o.Manager.RemovePerson(ctx, t.req, u.Name, c.TakeOver, func(running int) ([]byte, error) {
		return reply.Encode(r.o.Replies.Removed(u.Name, running, c.TakeOver))
	})
}
