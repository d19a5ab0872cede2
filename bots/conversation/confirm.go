package conversation

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"onionbot/bots"
	"onionbot/bots/command"
	"onionbot/bots/reply"
	"onionbot/services"
)

// What cannot be undone is done when it was confirmed: by a button, or by the
// two letters that stand in the question, by the same person in the same chat.

const (
	// answerWithin is how long a question can be answered.
	answerWithin = 2 * time.Minute
	// manyToStop is how many services "stop all" ends without asking.
	manyToStop = 2
)

// asked is a question that was put to a sender.
type asked struct {
	Chat    string   `json:"chat"`
	At      int64    `json:"at"` // when it was asked, unix milliseconds
	Answers []answer `json:"answers"`
}

// answer is two letters and the command that they confirm.
type answer struct {
	Letters string `json:"letters"`
	Command string `json:"command"`
}

// letters are two that are no word of a command, and no two of them look alike.
func letters(taken []answer) string {
	const some = "bcdfghjkmnprtvwxz"
	for {
		pick := string([]byte{some[rand.IntN(len(some))], some[rand.IntN(len(some))]}) //nolint:gosec // a question, not a secret
		if !slices.ContainsFunc(taken, func(a answer) bool { return a.Letters == pick }) {
			return pick
		}
	}
}

// confirmed finds the command that a message confirms. An answer that came too
// late confirms nothing, and says so.
func (r *Router) confirmed(ctx context.Context, t *turn) (line string, err error) {
	said := strings.ToLower(strings.TrimSpace(command.Clean(t.msg.Text)))
	if len(said) != 2 {
		return "", nil
	}
	l, err := r.lately(ctx)
	if err != nil {
		return "", err
	}
	q, ok := l.Asked[senderOf(t.msg)]
	at := slices.IndexFunc(q.Answers, func(a answer) bool { return a.Letters == said })
	if !ok || at < 0 || q.Chat != t.msg.Route.Chat {
		return "", nil
	}
	since := time.UnixMilli(q.At)
	if t.now.Sub(since) > answerWithin {
		return "", services.E(services.CodeTooLate)
	}
	t.confirmed, t.req.StartedBefore = true, since
	t.req.Note = func(tx services.Tx, _ string) error {
		return r.remember(tx, func(l *lately) { delete(l.Asked, senderOf(t.msg)) })
	}
	return q.Answers[at].Command, nil
}

// ask puts a question; each of the commands is one of its answers.
func (r *Router) ask(ctx context.Context, t turn, c command.Command, render func(letters []string) bots.Reply, commands ...command.Command) error {
	q := asked{Chat: t.msg.Route.Chat, At: t.now.UnixMilli()}
	var choices []string
	for _, c := range commands {
		q.Answers = append(q.Answers, answer{Letters: letters(q.Answers), Command: c.String()})
		choices = append(choices, q.Answers[len(q.Answers)-1].Letters)
	}
	t.req.Note = func(tx services.Tx, _ string) error {
		return r.remember(tx, func(l *lately) { l.Asked[senderOf(t.msg)] = q })
	}
	return r.answer(ctx, t, render(choices), string(c.Verb), "asked")
}

// question asks about a command that cannot be undone, unless that was
// confirmed already; done says that it did. Whoever is at the console is not
// asked about services: a script could not answer.
func (r *Router) question(ctx context.Context, t turn, c command.Command) (done bool, err error) {
	if t.confirmed {
		return false, nil
	}
	switch c.Verb {
	case command.VerbRemove:
		return r.askToRemove(ctx, t, c)
	case command.VerbStop:
		if t.msg.From.Local {
			return false, nil
		}
		return r.askToStop(ctx, t, c)
	}
	return false, nil
}

func (r *Router) askToStop(ctx context.Context, t turn, c command.Command) (bool, error) {
	all, err := r.o.Manager.List(ctx, t.user)
	if err != nil {
		return false, err
	}
	if c.All {
		var mine []*services.Instance
		for _, i := range all {
			if i.Live() && i.Owner == t.user.Name && (c.Service == "" || i.Service == c.Service) && !t.tooYoung(i) {
				mine = append(mine, i)
			}
		}
		if len(mine) <= manyToStop {
			return false, nil
		}
		return true, r.ask(ctx, t, c, func(l []string) bots.Reply { return r.o.Replies.AskToStop(mine, t.user, l[0]) }, c)
	}
	var meant []*services.Instance
	foreign := false
	for _, target := range append([]string{c.Target}, c.Others...) {
		i, err := r.o.Manager.Find(ctx, t.user, target)
		if err != nil {
			return false, nil //nolint:nilerr // the command itself says what is wrong with it
		}
		meant = append(meant, i)
		foreign = foreign || i.Live() && i.Owner != t.user.Name && t.user.Operates()
	}
	if !foreign {
		return false, nil
	}
	exactly := command.Command{Verb: command.VerbStop, Target: "#" + meant[0].ID}
	for _, i := range meant[1:] {
		exactly.Others = append(exactly.Others, "#"+i.ID)
	}
	return true, r.ask(ctx, t, c, func(l []string) bots.Reply { return r.o.Replies.AskToStop(meant, t.user, l[0]) }, exactly)
}

// tooYoung reports whether the message cannot mean the instance.
func (t turn) tooYoung(i *services.Instance) bool {
	return !t.req.StartedBefore.IsZero() && i.CreatedAt.After(t.req.StartedBefore)
}

func (r *Router) askToRemove(ctx context.Context, t turn, c command.Command) (bool, error) {
	u, err := r.stored(c.Person)
	if err != nil {
		return false, err
	}
	own, _, err := r.o.Manager.Usage(ctx, u.Name)
	if err != nil {
		return false, err
	}
	own = slices.DeleteFunc(own, func(i *services.Instance) bool { return !i.Live() })
	end, keep := c, c
	end.EndTheirs, end.TakeOver = true, false
	keep.TakeOver, keep.EndTheirs = true, false
	answers := []command.Command{end, keep}
	switch {
	case t.msg.From.Local && (c.EndTheirs || c.TakeOver):
		return false, nil
	case len(own) == 0 || c.EndTheirs:
		answers = []command.Command{end}
	case c.TakeOver:
		answers = []command.Command{keep}
	}
	return true, r.ask(ctx, t, c, func(l []string) bots.Reply {
		return r.o.Replies.AskToRemove(reply.Removal{Name: u.Name, Running: own, Letters: l, Keep: c.TakeOver && len(own) > 0})
	}, answers...)
}
