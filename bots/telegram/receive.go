package telegram

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"onionbot/bots"
	"onionbot/services"
)

// Receive polls for updates until ctx ends. Each batch is kept, together with the cursor behind it, before
// the next poll acknowledges it; a batch that was not kept is delivered again.
// An empty cursor begins with whatever Telegram still holds (a day at most).
func (a *Adapter) Receive(ctx context.Context, cursor string, keep bots.KeepFunc) error {
	pos, err := parseCursor(cursor)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	answers := make(chan string, 100)
	var helpers sync.WaitGroup
	defer helpers.Wait()
	defer cancel()
	helpers.Go(func() { a.introduce(ctx) })
	helpers.Go(func() { a.answerPresses(ctx, answers) })
	return a.pollUntil(ctx, pos, keep, answers)
}

// pollUntil is the loop of Receive. Whatever happens, no two calls follow
// each other without progress or a pause.
func (a *Adapter) pollUntil(ctx context.Context, pos position, keep bots.KeepFunc, answers chan<- string) error {
	failures, wait := 0, a.pollTimeout
	for {
		next, err := a.pollOnce(ctx, pos, wait, keep, answers)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			pos, failures, wait = next, 0, a.pollTimeout
			a.trouble.set("")
			continue
		}
		failures++
		wait = a.waitAfter(err)
		a.failed.Add(1)
		a.trouble.set(explain(err, failures))
		pause := max(a.pauseAfter(err, failures), retryAfter(err))
		a.log.Log(ctx, level(failures), "telegram: receiving failed",
			slog.Any("err", err), slog.Int("failures", failures), slog.Duration("pause", pause))
		if err := a.rest(ctx, err, pause); err != nil {
			return err
		}
	}
}

// rest sleeps after a failure; a token that replaces a refused one is tried
// at once.
func (a *Adapter) rest(ctx context.Context, failure error, pause time.Duration) error {
	if !tokenRefused(failure) {
		return sleep(ctx, pause)
	}
	if a.tele.token.AwaitNew(ctx, pause, tokenShape.MatchString) {
		a.log.InfoContext(ctx, "telegram: there is a new token")
	}
	return ctx.Err()
}

// pauseAfter is the pause after so many failures in a row. A refused token is
// most likely refused again, and may be a mistake of a moment all the same.
func (a *Adapter) pauseAfter(err error, failures int) time.Duration {
	if tokenRefused(err) {
		return a.refused.after(failures)
	}
	return a.pauses.after(failures)
}

// waitAfter is how long the poll after a failure stays open: not for long, so
// that an answer soon tells that the trouble is over. Another poller is
// different: it only comes back while ours is open.
func (a *Adapter) waitAfter(err error) time.Duration {
	if otherPoller(err) {
		return a.pollTimeout
	}
	return min(a.pollTimeout, 3*time.Second)
}

var errNoProgress = errors.New("telegram: the server repeats itself or answers polls at once")

// pollOnce waits for one batch and keeps it; it returns the position behind it.
func (a *Adapter) pollOnce(ctx context.Context, pos position, wait time.Duration, keep bots.KeepFunc, answers chan<- string) (position, error) {
	began := time.Now()
	raw, err := a.getUpdates(ctx, pos.offset, wait)
	if err != nil {
		return pos, err
	}
	here := a.clock.Now()
	now := a.tele.clock.There(here)
	batch := a.readBatch(raw)
	if len(batch) == 0 {
		if len(raw) > 0 || time.Since(began) < min(wait/2, time.Second) {
			return pos, errNoProgress
		}
		return position{offset: pos.offset, caughtUp: now}, nil
	}
	next := pos.behind(batch, now)
	if next.offset == pos.offset && pos.repeated {
		return pos, errNoProgress
	}
	events := make([]services.Incoming, 0, len(batch))
	for _, u := range batch {
		events = append(events, services.Incoming{
			Network: Network, ID: u.id(), Raw: u.raw,
			SentAt: a.tele.clock.Here(u.sentAt(pos.caughtUp, now)), ReceivedAt: here,
		})
	}
	if err := keep(ctx, events, next.cursor()); err != nil {
		return pos, &keepError{err}
	}
	for _, u := range batch {
		u.queueAnswer(answers)
	}
	return next, nil
}

// keepError is a failure of our own store, not of Telegram.
type keepError struct{ cause error }

func (e *keepError) Error() string { return fmt.Sprintf("store telegram updates: %v", e.cause) }
func (e *keepError) Unwrap() error { return e.cause }

func level(failures int) slog.Level {
	if failures < lasting {
		return slog.LevelInfo
	}
	return slog.LevelWarn
}
