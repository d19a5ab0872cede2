package conversation

import (
	"context"

	"onionbot/bots"
	"onionbot/bots/command"
	"onionbot/services"
)

// auditShown is how many entries "audit" answers.
const auditShown = 20

// look answers a command that changes nothing.
func (r *Router) look(ctx context.Context, t turn, c command.Command) (bots.Reply, error) {
	switch c.Verb {
	case command.VerbGreet:
		return r.o.Replies.Greeting(r.permitted(t.user)), nil
	case command.VerbHelp:
		return r.o.Replies.Help(t.user, c.Topic), nil
	case command.VerbServices:
		return r.o.Replies.Services(r.permitted(t.user)), nil
	case command.VerbList:
		all, err := r.o.Engine.List(ctx, t.user)
		return r.o.Replies.List(t.user, all, t.now), err
	case command.VerbStatus:
		return r.status(ctx, t, c.Target)
	case command.VerbQR:
		i, err := r.o.Engine.Find(ctx, t.user, c.Target)
		if err != nil {
			return bots.Reply{}, err
		}
		return r.o.Replies.QR(i, r.definition(i.Service)), nil
	case command.VerbAudit:
		return r.audit(ctx, t)
	}
	return bots.Reply{}, services.E(services.CodeInternal)
}

// status shows one instance if one is meant, else everything.
func (r *Router) status(ctx context.Context, t turn, target string) (bots.Reply, error) {
	i, err := r.o.Engine.Find(ctx, t.user, target)
	if target == "" && (services.IsCode(err, services.CodeAmbiguous) || services.IsCode(err, services.CodeNothingRunning)) {
		all, err := r.o.Engine.List(ctx, t.user)
		return r.o.Replies.Overview(t.user, all, r.o.Engine.Health(ctx), t.now), err
	}
	if err != nil {
		return bots.Reply{}, err
	}
	return r.o.Replies.Status(i, r.definition(i.Service), r.o.Engine.Health(ctx), t.now), nil
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
	var out []*services.Definition
	for _, d := range r.o.Engine.Catalog() {
		if u.May(d.Name) {
			out = append(out, d)
		}
	}
	return out
}

// helpful adds what was probably meant, where the engine did not say.
func (r *Router) helpful(ctx context.Context, t turn, c command.Command, e *services.Error) error {
	if e.Code != services.CodeUnknownName || e.Args["suggestion"] != "" || c.Target == "" {
		return e
	}
	all, err := r.o.Engine.List(ctx, t.user)
	if err != nil {
		return e
	}
	var names []string
	for _, i := range all {
		names = append(names, i.Name)
	}
	return services.Wrap(e.Code, e.Cause, "word", c.Target, "suggestion", services.Suggest(c.Target, names))
}
