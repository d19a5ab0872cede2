package telegram

import (
	"context"
	"time"
)

// pauses is the schedule between attempts: doubling from min to max, each
// pause somewhere between a half and the whole of it, so that several bots
// do not knock together.
type pauses struct {
	min, max time.Duration
	random   func() float64
}

// after returns the pause after so many failures in a row (1 or more).
func (p pauses) after(failures int) time.Duration {
	d := p.min
	for i := 1; i < failures && d < p.max; i++ {
		d *= 2
	}
	d = min(d, p.max)
	return d/2 + time.Duration(p.random()*float64(d/2))
}

// sleep waits for d or the end of ctx, and returns ctx's error.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
