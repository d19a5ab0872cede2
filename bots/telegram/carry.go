package telegram

import (
	"context"
	"fmt"
	"time"

	tele "gopkg.in/telebot.v3"

	"onionbot/bots"
	"onionbot/services"
)

// maxCarried is the largest file that a bot may send, in bytes.
const maxCarried = 50_000_000

// slowestCarry is how slow sending a file may be, in bytes per second.
const slowestCarry = 16 << 10

var _ bots.Carrier = (*Adapter)(nil)

// CarriesUpTo implements [bots.Carrier].
func (a *Adapter) CarriesUpTo() int64 { return maxCarried }

// sendFile sends a file as a document with the reply's text below it. One that
// is there no more needs no sending.
func (a *Adapter) sendFile(ctx context.Context, chat int64, out bots.Outgoing) (string, error) {
	done := a.sent.get(out.Key)
	if done.done {
		return remoteID(done.ids), nil
	}
	if err := a.pace.wait(ctx, chat); err != nil {
		return "", &bots.SendError{Cause: fmt.Errorf("wait for our turn: %w", err)}
	}
	name, content, err := out.File.Open(ctx)
	switch {
	case services.IsCode(err, services.CodeNotFound):
		return "", nil
	case err != nil:
		return "", &bots.SendError{Cause: fmt.Errorf("fetch the file: %w", err)}
	}
	defer content.Close()
	patience := a.callTimeout + time.Duration(out.File.Size/slowestCarry)*time.Second
	id, err := a.uploadWithin(ctx, patience, chat, part{}, &tele.Document{
		File: tele.FromReader(content), FileName: name, Caption: render(out.Reply.Text, &out.Reply), DisableTypeDetection: true,
	})
	if err != nil {
		failure := sendError(err)
		a.pace.silence(chat, failure.RetryAfter)
		return "", failure
	}
	a.sent.put(out.Key, delivery{ids: []int{id}, done: true})
	return remoteID([]int{id}), nil
}
