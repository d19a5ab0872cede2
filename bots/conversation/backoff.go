package conversation

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff is the pause after the n-th failure in a row (n from 1): doubled
// each time up to longest, with a fifth of it left to chance, so that what
// failed together does not come back together.
func backoff(n int, first, longest time.Duration) time.Duration {
	d := first
	for i := 1; i < n && d < longest; i++ {
		d *= 2
	}
	d = min(d, longest)
	return d*9/10 + rand.N(d/5+1) //nolint:gosec // jitter
}

// pause waits, and reports false if ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
