package telegram

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"unicode/utf8"

	tele "gopkg.in/telebot.v3"
)

const (
	maxMenu        = 100 // commands
	maxDescription = 256 // characters
)

var menuName = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)

// introduce checks the token and sets the menu of commands for private chats.
// Failures are retried until ctx ends.
func (a *Adapter) introduce(ctx context.Context) {
	for _, step := range []func(context.Context) error{a.checkAccount, a.setMenu} {
		for failures := 1; ; failures++ {
			err := step(ctx)
			if err == nil {
				break
			}
			if ctx.Err() != nil {
				return
			}
			if sendError(err).Permanent {
				a.log.WarnContext(ctx, "telegram: introduction refused", slog.Any("err", err))
				break
			}
			a.log.InfoContext(ctx, "telegram: introduction failed", slog.Any("err", err))
			if sleep(ctx, max(a.pauseAfter(err, failures), retryAfter(err))) != nil {
				return
			}
		}
	}
}

func (a *Adapter) checkAccount(ctx context.Context) error {
	return a.call(ctx, func(b *tele.Bot) error {
		answer, err := b.Raw("getMe", struct{}{})
		if err == nil {
			a.learnName(answer)
		}
		return err
	})
}

// Check asks once whether the server is there and takes the token. Its error is
// a sentence with what to do.
func (a *Adapter) Check(ctx context.Context) error {
	if err := a.checkAccount(ctx); err != nil {
		return errors.New(explain(err, lasting))
	}
	return nil
}

func (a *Adapter) setMenu(ctx context.Context) error {
	menu := a.menu()
	if len(menu) == 0 {
		return nil
	}
	return a.call(ctx, func(b *tele.Bot) error {
		return b.SetCommands(menu, tele.CommandScope{Type: tele.CommandScopeAllPrivateChats})
	})
}

// menu is the part of the command table that Telegram can show.
func (a *Adapter) menu() []tele.Command {
	var menu []tele.Command
	for _, c := range a.commands {
		what := strings.TrimSpace(c.Description)
		if !menuName.MatchString(c.Name) || what == "" || len(menu) == maxMenu {
			a.log.Warn("telegram: a command is not in the menu", slog.String("command", c.Name))
			continue
		}
		if utf8.RuneCountInString(what) > maxDescription {
			what = string([]rune(what)[:maxDescription])
		}
		menu = append(menu, tele.Command{Text: c.Name, Description: what})
	}
	return menu
}
