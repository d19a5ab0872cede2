package telegram

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"

	tele "gopkg.in/telebot.v3"

	"onionbot/bots"
	"onionbot/services"
)

// Send delivers a reply: as an edit of out.Edit if that is set and still
// possible, else as new messages. The returned id names all its messages.
// What a repeated Send with the same key does is said at the package.
// Route.ReplyTo is not used: in a private chat the order says enough.
func (a *Adapter) Send(ctx context.Context, out bots.Outgoing) (string, error) {
	chat, err := chatOf(out.To)
	if err != nil {
		return "", &bots.SendError{Permanent: true, Cause: err}
	}
	if out.File != nil {
		return a.sendFile(ctx, chat, out)
	}
	var targets []int
	if out.Edit != "" && !out.Alert {
		targets = parseRemoteID(out.Edit)
	}
	parts, err := a.compose(&out.Reply, len(targets) > 0)
	if err != nil {
		return "", &bots.SendError{Permanent: true, Cause: err}
	}
	if out.Quiet {
		parts = parts[:min(len(parts), len(targets))]
	}
	done := a.sent.get(out.Key)
	if done.done {
		return remoteID(done.ids), nil
	}
	if d := a.pace.silent(chat); d > 0 {
		return "", &bots.SendError{RetryAfter: d, Cause: errors.New("telegram asked for a pause in this chat")}
	}
	for i := len(done.ids); i < len(parts); i++ {
		id, err := a.deliver(ctx, chat, parts[i], at(targets, i), out.Quiet)
		if err != nil && parts[i].picture != nil && pictureRefused(err, out.Attempt) {
			a.log.WarnContext(ctx, "telegram: a picture was not taken; its text goes alone", slog.Any("err", err))
			id, err = a.deliver(ctx, chat, parts[i].withoutPicture(), 0, out.Quiet)
		}
		if err != nil {
			failure := sendError(err)
			a.pace.silence(chat, failure.RetryAfter)
			return "", failure
		}
		done.ids = append(slices.Clone(done.ids), id)
		a.sent.put(out.Key, done)
	}
	done.done = true
	a.sent.put(out.Key, done)
	if len(targets) > len(parts) {
		a.remove(ctx, chat, targets[len(parts):])
	}
	return remoteID(done.ids), nil
}

// deliver brings one part to the chat, by editing target if that is not 0 and
// still possible; quiet leaves out what would be a new message.
func (a *Adapter) deliver(ctx context.Context, chat int64, p part, target int, quiet bool) (int, error) {
	if err := a.pace.wait(ctx, chat); err != nil {
		return 0, fmt.Errorf("wait for our turn: %w", err)
	}
	if p.picture != nil {
		return a.sendPicture(ctx, chat, p)
	}
	if target == 0 {
		return a.sendText(ctx, chat, p)
	}
	err := a.editText(ctx, chat, p, target)
	switch {
	case err == nil, refused(err, "message is not modified"):
		return target, nil
	case quiet:
		return 0, err
	case refused(err, "message to edit not found", "can't be edited", "MESSAGE_ID_INVALID", "no text in the message"):
		return a.sendText(ctx, chat, p)
	}
	return 0, err
}

// pictureTries is how often a picture is sent before its text goes alone.
const pictureTries = 3

// pictureRefused reports whether Telegram will not take a picture: it said so,
// or it answered with an error of its own several times. The chat is reachable
// then, and what is in the picture stands in the text.
func pictureRefused(err error, attempts int) bool {
	var api *apiError
	if !errors.As(err, &api) || sendError(err).Unwelcome {
		return false
	}
	return api.Code == http.StatusBadRequest || api.Code == http.StatusRequestEntityTooLarge ||
		api.Code >= http.StatusInternalServerError && attempts >= pictureTries-1
}

// remove deletes messages that an edit made superfluous. What stays is an old
// text, so a failure is only noted.
func (a *Adapter) remove(ctx context.Context, chat int64, ids []int) {
	for _, id := range ids {
		old := tele.StoredMessage{MessageID: strconv.Itoa(id), ChatID: chat}
		if err := a.call(ctx, func(b *tele.Bot) error { return b.Delete(old) }); err != nil {
			a.log.DebugContext(ctx, "telegram: an old message stays", slog.Any("err", err))
		}
	}
}

// chatOf is the private chat of a route. Groups have negative numbers and are
// never written to.
func chatOf(to services.Route) (int64, error) {
	chat := to.Chat
	if chat == "" {
		chat = to.Account
	}
	id, err := strconv.ParseInt(chat, 10, 64)
	if err != nil || id <= 0 {
		return 0, errors.New("the route is not a private telegram chat")
	}
	return id, nil
}

func at(ids []int, i int) int {
	if i < len(ids) {
		return ids[i]
	}
	return 0
}

// remoteID joins message ids with commas.
func remoteID(ids []int) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = strconv.Itoa(id)
	}
	return strings.Join(words, ",")
}

// parseRemoteID is nil for what [remoteID] did not make.
func parseRemoteID(s string) []int {
	var ids []int
	for word := range strings.SplitSeq(s, ",") {
		id, err := strconv.Atoi(word)
		if err != nil || id <= 0 {
			return nil
		}
		ids = append(ids, id)
	}
	return ids
}
