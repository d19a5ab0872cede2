package chat

import "time"

// bucket is how fast somebody, or everybody, may talk: a burst at once, then
// one more after each time. Its zero time is a full one.
type bucket struct {
	burst int
	every time.Duration
	empty time.Time // when it would have been empty, had it never been fuller than now
}

// wait is how long until there is something to take; 0 if there is now.
func (b *bucket) wait(now time.Time) time.Duration {
	return max(0, b.every-now.Sub(b.level(now)))
}

// take takes one.
func (b *bucket) take(now time.Time) { b.empty = b.level(now).Add(b.every) }

func (b *bucket) level(now time.Time) time.Time {
	if full := now.Add(-time.Duration(b.burst) * b.every); b.empty.Before(full) {
		return full
	}
	return b.empty
}
