package conversation

import (
	"context"
	"errors"
	"slices"
	"time"

	"onionbot/services"
)

// wordless deals with files that came without a word: they belong to what
// their sender has just started, or wait for a word.
func (r *Router) wordless(ctx context.Context, t turn) error {
	l, err := r.lately(ctx)
	if err != nil {
		return err
	}
	sender := senderOf(t.msg)
	if s, ok := l.Started[sender]; ok && r.o.Content != nil {
		since := t.sentAt().Sub(time.UnixMilli(s.At))
		i, err := r.o.Manager.Find(ctx, t.user, "#"+s.Instance)
		if err == nil && i.Live() && since.Abs() < fillWindow {
			return r.fill(ctx, t, i, Upload{
				Attachments: t.msg.Attachments, Missing: t.msg.Missing, Late: s.Group != "" && s.Group == t.msg.Group,
			})
		}
		if err != nil && !errors.As(err, new(*services.Error)) {
			return err
		}
	}
	return r.askAbout(ctx, t, l)
}

// askAbout asks what to do with files, and keeps them until that is said.
func (r *Router) askAbout(ctx context.Context, t turn, l *lately) error {
	if r.recall == nil || !r.keeps[t.msg.Network] || t.msg.SentAt.IsZero() {
		return r.answer(ctx, t, r.o.Replies.Captionless(), "message", string(services.CodeEmpty))
	}
	t.req.Note = func(tx services.Tx, _ string) error {
		return r.remember(tx, func(l *lately) { l.keep(t.msg) })
	}
	for _, k := range l.Kept[senderOf(t.msg)] {
		if k.Group != "" && k.Group == t.msg.Group { // a late part of an album that was asked about
			return r.o.Manager.Record(ctx, t.req, services.AuditEntry{Action: "message", Outcome: "kept"})
		}
	}
	own, err := r.pages(ctx, t.user)
	if err != nil {
		return err
	}
	var takers []*services.Definition
	for _, d := range r.permitted(t.user) {
		if d.Content != "" {
			takers = append(takers, d)
		}
	}
	// Files are meant to be seen sooner than to be handed out.
	slices.SortStableFunc(takers, func(a, b *services.Definition) int {
		switch {
		case a.Verbatim == b.Verbatim:
			return 0
		case b.Verbatim:
			return -1
		}
		return 1
	})
	if len(takers) == 0 {
		return r.answer(ctx, t, r.o.Replies.Captionless(), "message", string(services.CodeEmpty))
	}
	reply := r.o.Replies.WhatWithFiles(len(t.msg.Attachments), t.msg.ID, keptFor, takers, own)
	return r.answer(ctx, t, reply, "message", "asked")
}
