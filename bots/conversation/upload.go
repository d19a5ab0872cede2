package conversation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"onionbot/bots"
	"onionbot/bots/command"
	"onionbot/services"
)

// upload gathers what a command is to show: what came along with it, else the
// file that it answers, else files that came before it without a word.
func (r *Router) upload(ctx context.Context, t *turn, c command.Command) (Upload, error) {
	u := Upload{
		Attachments: t.msg.Attachments, Missing: t.msg.Missing, KeepMetadata: c.KeepMetadata,
		Words: c.Body, Spans: bots.Realign(t.msg.Spans, t.msg.Text, c.Body), Lang: t.msg.Lang,
	}
	l, err := r.lately(ctx)
	if err != nil {
		return u, err
	}
	t.used = l.fallow(t.msg, c.With)
	switch {
	case c.With != "" && len(t.used) == 0 && l.wasUsed(t.msg, c.With):
		return u, services.E(services.CodeBadContent, "reason", "used")
	case c.With != "" && len(t.used) == 0:
		return u, services.E(services.CodeBadContent, "reason", "forgotten")
	case c.With == "" && len(u.Attachments) > 0:
		return u, nil // what was asked about before is settled by it
	case c.With == "" && len(t.msg.Quoted) > 0 && !l.has(t.msg, t.msg.QuotedGroup):
		u.Attachments = t.msg.Quoted
		return u, nil
	}
	for _, k := range t.used {
		m, err := r.recall(ctx, services.Incoming{Network: t.msg.Network, ID: k.ID, Raw: k.Raw, SentAt: time.UnixMilli(k.At)})
		if err != nil || m == nil {
			return u, services.Wrap(services.CodeBadContent, err, "reason", "forgotten")
		}
		u.Attachments = append(u.Attachments, m.Attachments...)
		u.Missing = append(u.Missing, m.Missing...)
	}
	return u, nil
}

// empty reports whether there is nothing to show.
func (u *Upload) empty() bool { return len(u.Attachments) == 0 && u.Words == "" }

// note remembers, with the command, what it started and what it used up.
func (t *turn) note(r *Router) func(services.Tx, string) error {
	return func(tx services.Tx, instance string) error {
		return r.remember(tx, func(l *lately) {
			sender := senderOf(t.msg)
			l.use(sender, t.used)
			if instance != "" {
				l.Started[sender] = startedLately{Instance: instance, Group: t.msg.Group, At: t.sentAt().UnixMilli()}
			}
		})
	}
}

func (t *turn) sentAt() time.Time {
	if t.msg.SentAt.IsZero() {
		return t.now
	}
	return t.msg.SentAt
}

// start stages what is to be shown, and gives it back if the start is refused.
func (r *Router) start(ctx context.Context, t turn, c command.Command) error {
	opts := services.StartOptions{
		Service: c.Service, Name: c.Name, NewName: c.New, Life: c.For, Until: c.Until,
		Rules: services.Rules{Idle: c.Idle, Visits: c.Visits},
	}
	if c.Private {
		clients, err := r.clients(t.user, c.People, true)
		if err != nil {
			return err
		}
		opts.Clients = clients
	}
	if d := r.definition(c.Service); r.o.Content == nil || d == nil || d.Content == "" {
		if len(t.msg.Attachments) > 0 || c.With != "" {
			return services.E(services.CodeNoContent, "service", c.Service)
		}
		return r.o.Manager.Start(ctx, t.req, opts)
	}
	u, err := r.upload(ctx, &t, c)
	switch {
	case err != nil:
		return err
	case u.empty() && len(u.Missing) > 0:
		return r.answer(ctx, t, r.o.Replies.Unsupported(u.Missing[0]), "start", "unsupported")
	case !u.empty():
		u.Verbatim = r.definition(c.Service).Verbatim
		if opts.Content, err = r.stage(ctx, t, u); err != nil {
			return err
		}
	}
	t.req.Note = t.note(r)
	err = r.o.Manager.Start(ctx, t.req, opts)
	if err != nil && opts.Content != "" {
		r.o.Content.Discard(opts.Content)
	}
	return err
}

// stage receives an upload; what is fetched from a network is tried again.
func (r *Router) stage(ctx context.Context, t turn, u Upload) (string, error) {
	u.Attachments = slices.Clone(u.Attachments)
	for i, a := range u.Attachments {
		u.Attachments[i].Open = r.patiently(t.msg, a.Open)
	}
	return r.o.Content.Stage(ctx, u)
}

// add shows more on something that runs.
func (r *Router) add(ctx context.Context, t turn, c command.Command) error {
	i, err := r.page(ctx, t, c.Target)
	if err != nil {
		return err
	}
	u, err := r.upload(ctx, &t, c)
	switch {
	case err != nil:
		return err
	case u.empty() && len(u.Missing) > 0:
		return r.answer(ctx, t, r.o.Replies.Unsupported(u.Missing[0]), "add", "unsupported")
	case u.empty():
		return r.answer(ctx, t, r.o.Replies.NothingToAdd(), "add", string(services.CodeEmpty))
	}
	return r.fill(ctx, t, i, u)
}

// fill adds an upload to what an instance shows.
func (r *Router) fill(ctx context.Context, t turn, i *services.Instance, u Upload) error {
	u.AddTo = i
	if d := definitionOf(r, i); d != nil {
		u.Verbatim = d.Verbatim
	}
	dir, err := r.stage(ctx, t, u)
	if err != nil {
		return err
	}
	t.req.Note = t.note(r)
	change := services.ChangeAdded
	switch {
	case r.o.Content.Shown(i) == nil:
		change = services.ChangeFilled
	case u.Late:
		change = services.ChangeLate
	}
	return r.give(ctx, t, i, dir, change)
}

// clear takes off what an instance shows.
func (r *Router) clear(ctx context.Context, t turn, c command.Command) error {
	i, err := r.page(ctx, t, c.Target)
	if err != nil {
		return err
	}
	dir, err := r.o.Content.Empty()
	if err != nil {
		return fmt.Errorf("clear: %w", err)
	}
	return r.give(ctx, t, i, dir, services.ChangeCleared)
}

func (r *Router) give(ctx context.Context, t turn, i *services.Instance, dir string, change services.Change) error {
	err := r.o.Manager.Fill(ctx, t.req, services.FillOptions{Instance: i.ID, Base: i.Content, Content: dir, Change: change})
	if err != nil {
		r.o.Content.Discard(dir)
	}
	return err
}
