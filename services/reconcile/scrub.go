package reconcile

import (
	"context"
	"time"
)

// scrubber makes erased rows unreadable soon after they were erased, once for
// many.
func (r *Reconciler) scrubber(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.scrub:
		}
		pause(ctx, 200*time.Millisecond)
		sctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.o.Policy.StepTimeout)
		if err := r.o.Store.Scrub(sctx); err != nil {
			r.o.Log.Error("scrub", "error", err)
		}
		cancel()
	}
}

func (r *Reconciler) askScrub() {
	select {
	case r.scrub <- struct{}{}:
	default:
	}
}
