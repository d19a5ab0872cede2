package mastodon

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	mastodon "github.com/mattn/go-mastodon"

	"onionbot/bots"
)

const (
	maxBackOff = 5 * time.Minute
	// maxRefused is the longest pause while the token is refused: most likely
	// it is refused again, and may be a mistake of a moment all the same.
	maxRefused = 10 * time.Minute
	// awakeFor is how long polls are twice as frequent after a message.
	awakeFor = time.Minute
	// unhealthyAfter is how many failed polls in a row are a lasting trouble.
	unhealthyAfter = 3
)

// keepError is a failure of our own store.
type keepError struct{ cause error }

func (e *keepError) Error() string { return "keep: " + e.cause.Error() }
func (e *keepError) Unwrap() error { return e.cause }

// Receive implements [bots.Adapter]: it polls until ctx ends.
func (a *Adapter) Receive(ctx context.Context, cursor string, keep bots.KeepFunc) error {
	r := &receiver{adapter: a, cursor: mastodon.ID(cursor), keep: keep, began: a.clock.Now()}
	failures := 0
	for {
		err := r.poll(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		wait := r.pause()
		if err != nil {
			failures++
			a.failed.Add(1)
			wait = a.backOff(err, failures)
			a.troubled(err, failures, wait)
		} else {
			failures = 0
			a.setHealth("")
		}
		if !a.rest(ctx, err, wait) {
			return ctx.Err()
		}
	}
}

// rest sleeps after a poll; a token that replaces a refused one is tried at
// once. It reports whether ctx goes on.
func (a *Adapter) rest(ctx context.Context, failure error, wait time.Duration) bool {
	if !refused(failure) {
		return sleep(ctx, wait)
	}
	if a.token.AwaitNew(ctx, wait, func(string) bool { return true }) {
		a.log.Info("mastodon: there is a new access token")
		a.mu.Lock()
		a.self = "" // it may be another account's
		a.mu.Unlock()
	}
	return ctx.Err() == nil
}

// refused reports whether the API itself says that the token is no good. A
// 403 page of something in front of the server says nothing of the kind.
func refused(err error) bool {
	var api *mastodon.APIError
	return errors.As(err, &api) &&
		(api.StatusCode == http.StatusUnauthorized || api.StatusCode == http.StatusForbidden)
}

// pause is the time between two polls without trouble.
func (r *receiver) pause() time.Duration {
	want := r.adapter.interval
	if time.Since(r.lastMessage) < awakeFor {
		want /= 2
	}
	return jitter(r.adapter.limits.pause(want, time.Now()))
}

// backOff is the time after the nth failure in a row.
func (a *Adapter) backOff(err error, n int) time.Duration {
	var throttled *throttledError
	if errors.As(err, &throttled) {
		return max(time.Until(throttled.until), 100*time.Millisecond)
	}
	longest := maxBackOff
	if refused(err) {
		longest = maxRefused
	}
	wait := a.interval
	for range min(n-1, 20) {
		wait = min(2*wait, longest)
	}
	return jitter(max(wait, time.Millisecond))
}

// troubled tells the log, and health when it lasts.
func (a *Adapter) troubled(err error, failures int, wait time.Duration) {
	a.log.Warn("mastodon poll failed", "error", err, "failures", failures, "wait", wait.Round(time.Millisecond))
	var kept *keepError
	switch {
	case refused(err):
		a.setHealth("Mastodon refuses the access token, so nothing is received. It is tried again every few minutes; if it stays so, make a new one with: onionbot mastodon login. It is read again then.")
	case failures < unhealthyAfter:
	case errors.As(err, &kept):
		a.setHealth("Messages from Mastodon cannot be stored.")
	default:
		a.setHealth("Mastodon does not answer; messages wait there.")
	}
}

// jitter spreads a wait by a tenth either way.
func jitter(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.9 + 0.2*rand.Float64())) //nolint:gosec // jitter
}

// sleep waits and reports whether ctx is still alive.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
