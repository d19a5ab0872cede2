package conversation

import (
	"context"
	"slices"
	"strings"

	"onionbot/bots"
	"onionbot/bots/command"
	"onionbot/services"
)

// auditShown is how many entries "audit" answers.
const auditShown = 20

// query answers a command that changes nothing.
func (r *Router) query(ctx context.Context, t turn, c command.Command) (bots.Reply, error) {
	switch c.Verb {
	case command.VerbGreet:
		return r.o.Replies.Greeting(r.permitted(t.user)), nil
	case command.VerbThanks:
		all, err := r.o.Manager.List(ctx, t.user)
		return r.o.Replies.Thanks(all), err
	case command.VerbHelp:
		if c.Topic == "" && !c.All {
			return r.o.Replies.FirstHelp(r.permitted(t.user)), nil
		}
		return r.o.Replies.Help(t.user, c.Topic), nil
	case command.VerbServices:
		return r.o.Replies.Services(r.permitted(t.user)), nil
	case command.VerbList:
		all, err := r.o.Manager.List(ctx, t.user)
		return r.o.Replies.List(t.user, all, t.now), err
	case command.VerbStatus:
		return r.status(ctx, t, c.Target)
	case command.VerbQR:
		i, err := r.o.Manager.Find(ctx, t.user, c.Target)
		if err != nil {
			return bots.Reply{}, err
		}
		return r.o.Replies.QR(i, r.definition(i.Service)), nil
	case command.VerbAudit:
		return r.audit(ctx, t)
	case command.VerbReload:
		n, err := r.o.Reload()
		return r.o.Replies.Reloaded(n), err
	case command.VerbKeys:
		mine, err := r.keys(ctx, t.user)
		return r.o.Replies.Keys(mine), err
	case command.VerbWhoami, command.VerbInvites, command.VerbUsers, command.VerbUser:
		return r.aboutPeople(ctx, t, c)
	}
	return bots.Reply{}, services.E(services.CodeInternal)
}

// status shows one instance if one is meant, else everything.
func (r *Router) status(ctx context.Context, t turn, target string) (bots.Reply, error) {
	i, err := r.o.Manager.Find(ctx, t.user, target)
	everything := target == "" && (services.IsCode(err, services.CodeAmbiguous) || services.IsCode(err, services.CodeNothingRunning))
	if err != nil && !everything {
		return bots.Reply{}, err
	}
	all, err := r.o.Manager.List(ctx, t.user)
	if err != nil {
		return bots.Reply{}, err
	}
	health := r.o.Manager.Health(ctx)
	answer := r.o.Replies.Overview(t.user, all, health, t.now)
	if !everything {
		answer = r.o.Replies.Status(i, r.definition(i.Service), health, t.now)
	}
	return r.o.Replies.WithOwnerless(answer, r.ownerless(t.user, all)), nil
}

// ownerless are the instances of people who are not in the configuration any
// more, under that name. Only operators see them.
func (r *Router) ownerless(u *services.User, all []*services.Instance) []*services.Instance {
	if !u.Operates() {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(all), func(i *services.Instance) bool { return r.o.Directory.HasUser(i.Owner) })
}

func (r *Router) audit(ctx context.Context, t turn) (bots.Reply, error) {
	var entries []services.AuditEntry
	err := r.o.Store.View(ctx, func(tx services.Tx) error {
		var err error
		entries, err = tx.Audit(auditShown)
		return err
	})
	return r.o.Replies.Audit(entries, t.now), err
}

func (r *Router) permitted(u *services.User) []*services.Definition {
	return services.Permitted(r.o.Manager.Catalog(), u)
}

// helpful adds what was probably meant, and the command that was typed.
func (r *Router) helpful(ctx context.Context, t turn, c command.Command, e *services.Error) error {
	if e.Code == services.CodeAmbiguous {
		c.Target, _, _ = strings.Cut(e.Args["names"], ",")
		return services.E(e.Code, "names", e.Args["names"], "example", c.String())
	}
	if e.Code != services.CodeUnknownName || e.Args["suggestion"] != "" || c.Target == "" {
		return e
	}
	all, err := r.o.Manager.List(ctx, t.user)
	if err != nil {
		return e
	}
	var names []string
	for _, i := range all {
		names = append(names, i.Name)
	}
	return services.Wrap(e.Code, e.Cause, "word", c.Target, "suggestion", services.Suggest(c.Target, names))
}
