package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"onionbot/bots/command"
	"onionbot/bots/console"
	"onionbot/bots/conversation"
	"onionbot/bots/reply"
	"onionbot/db"
	"onionbot/services"
	"onionbot/services/catalog"
	"onionbot/services/wallclock"
)

type inviteCmd struct {
	target
	Words []string `arg:"" help:"Whom, and what they may do, as in: ana for 24h services site,ssh max 2 life 12h."`
}

// Run makes a code that lets a friend in: by the running bot, or in its
// database when none runs.
func (c inviteCmd) Run(ctx context.Context, s *streams) error {
	words := append([]string{string(command.VerbInvite)}, c.Words...)
	if c.Socket == "" {
		cfg, err := c.load()
		if err != nil {
			return err
		}
		release, err := db.Lock(cfg.StateDir)
		switch {
		case err == nil:
			defer release()
			return inviteAlone(ctx, cfg, strings.Join(words, " "), s)
		case !services.IsCode(err, services.CodeLocked):
			return err
		}
	}
	socket, err := c.path()
	if err != nil {
		return err
	}
	if code := console.Ctl(ctx, socket, words, nil, s.out, console.CtlOptions{}); code != 0 {
		return exitCode(code)
	}
	return nil
}

// inviteAlone does without the bot what the bot would do.
func inviteAlone(ctx context.Context, cfg *config, line string, s *streams) error {
	replies, now := &reply.Renderer{}, wallclock.New().Now()
	out, err := invited(ctx, cfg, line, newLog(cfg, s), now)
	var refusal *services.Error
	switch {
	case errors.As(err, &refusal) && isAnswer(refusal.Code):
		fmt.Fprintln(s.out, replies.Failure(refusal).Text)
		return exitCode(console.ExitRefused)
	case err != nil:
		return err
	}
	answer := replies.Uninvited(out.name)
	if out.user != nil {
		answer = replies.Invited(out.user, out.code, now.In(cfg.location()))
	}
	console.Print(s.out, answer)
	return nil
}

// invited reads the command and carries it out in the database.
func invited(ctx context.Context, cfg *config, line string, log *slog.Logger, now time.Time) (out *inviteAnswer, err error) {
	people, err := newUsers(cfg)
	if err != nil {
		return nil, err
	}
	defs, err := catalog.Load(cfg.ServicesDir, cfg.Services...)
	if err != nil {
		return nil, err
	}
	g := command.Grammar{Services: services.NewCatalog(defs).All(), User: people.named(operatorName), Now: now}
	asked, err := g.Parse(line)
	if err != nil {
		return nil, err
	}
	store, err := db.Open(ctx, databasePath(cfg), db.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := people.access.Join(store, log); err != nil {
		return nil, err
	}
	return storeInvite(ctx, store, people.access, asked, now)
}

// isAnswer reports whether a refusal is about what was typed, not about the
// machine.
func isAnswer(code services.Code) bool {
	switch code {
	case services.CodeBadConfig, services.CodeReadOnlyState, services.CodeCorruptDatabase, services.CodeNewerSchema, services.CodeLocked, services.CodeInternal:
		return false
	}
	return true
}

// inviteAnswer is what was stored: a code for a user, or that the one for
// somebody of the name is worthless.
type inviteAnswer struct {
	name string
	user *services.User
	code reply.Code
}

func storeInvite(ctx context.Context, store services.Store, people *conversation.Access, asked command.Command, now time.Time) (*inviteAnswer, error) {
	audit := services.AuditEntry{At: now, Network: console.Network, Account: console.Account, Owner: operatorName, Outcome: "ok", Detail: asked.Person}
	if asked.Cancel {
		audit.Action = "uninvite"
		err := store.Update(ctx, func(tx services.Tx) error {
			if err := services.DropInvitation(tx, asked.Person, now); err != nil {
				return err
			}
			return tx.AddAudit(audit)
		})
		return &inviteAnswer{name: asked.Person}, err
	}
	if known := people.Named(asked.Person); known != nil {
		return nil, services.E(services.CodeKnownPerson, "name", known.Name)
	}
	to := services.Route{Network: console.Network, Account: console.Account}
	code, inv, err := conversation.NewInvite(asked, operatorName, to, now)
	if err != nil {
		return nil, err
	}
	audit.Action = string(inv.Kind)
	err = store.Update(ctx, func(tx services.Tx) error {
		if err := services.AddInvite(tx, inv, now); err != nil {
			return err
		}
		return tx.AddAudit(audit)
	})
	return &inviteAnswer{user: &inv.User, code: reply.Code{Text: code, Until: inv.ExpiresAt}}, err
}
