package reconcile

import (
	"context"
	"time"
)

// scrubber makes erased rows unreadable soon after they were erased, once for
// many. What fails is tried again.
func (r *Reconciler) scrubber(ctx context.Context) {
	failures := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.scrub:
		}
		pause(ctx, 200*time.Millisecond)
		sctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.o.Policy.StepTimeout)
		err := r.o.Store.Scrub(sctx)
		cancel()
		if err == nil {
			failures = 0
			continue
		}
		failures++
		wait := pauseAfter(&r.o.Policy, stepScrub, err, failures)
		r.o.Log.Error("scrub", "error", err, "again", wait)
		pause(ctx, wait)
		r.askScrub()
	}
}

// stepScrub names the scrub as far as back-off goes.
const stepScrub StepKind = "scrub"

func (r *Reconciler) askScrub() {
	select {
	case r.scrub <- struct{}{}:
	default:
	}
}
