package conversation

import (
	"context"
	"errors"

	"onionbot/bots/command"
	"onionbot/services"
)

// What is said in plain words needs more than one call into the domain.

// more makes an instance live longer, by some time or until one.
func (r *Router) more(ctx context.Context, t turn, c command.Command) error {
	if c.Until.IsZero() {
		return r.o.Manager.Extend(ctx, t.req, c.Target, c.For)
	}
	i, err := r.o.Manager.Find(ctx, t.user, c.Target)
	if err != nil {
		return err
	}
	if !c.Until.After(i.ExpiresAt) {
		return services.E(services.CodeTooShort, "ends", i.ExpiresAt.In(r.o.Zone).Format("15:04"))
	}
	return r.o.Manager.Extend(ctx, t.req, "#"+i.ID, c.Until.Sub(i.ExpiresAt))
}

// refusedStop reports whether a line was a "stop" with words that say nothing
// to us.
func refusedStop(err error) bool {
	var e *services.Error
	return errors.As(err, &e) && e.Args["command"] == string(command.VerbStop)
}

// whichToStop answers a "stop" of which it is not plain what it means: with
// what is wrong, and a button for each instance that it can mean.
func (r *Router) whichToStop(ctx context.Context, t turn, refusal error) error {
	mine, err := r.o.Manager.List(ctx, t.user)
	if err != nil {
		return err
	}
	var live []*services.Instance
	for _, i := range mine {
		if i.Live() && i.Owner == t.user.Name {
			live = append(live, i)
		}
	}
	var e *services.Error
	if errors.As(refusal, &e) {
		refusal = r.helpful(ctx, t, command.Command{Verb: command.VerbStop, Target: e.Args["word"]}, e)
	}
	out := r.o.Replies.WhichToStop(refusal, live)
	return r.answer(ctx, t, out, string(command.VerbStop), string(services.CodeOf(refusal)))
}
