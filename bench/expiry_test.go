package bench

import (
	"context"
	"testing"
	"time"

	"onionbot/services"
)

// BenchmarkExpiry500 lets 500 deadlines come within one minute and takes the
// time from each deadline until the onion was taken off its tor, and until the
// row says that nothing is left, checked. Containers and onions are in memory;
// manager, reconciler, timers and database are real. In a real container the
// shim cuts at the deadline by itself besides.
func BenchmarkExpiry500(b *testing.B) {
	var cut, gone samples
	for b.Loop() {
		h := openEngineRoom(b)
		ctx, cancel := context.WithTimeout(b.Context(), patience+2*time.Minute)
		defer cancel()
		first := time.Now().Add(15 * time.Second)
		err := h.fill(ctx, crowd, func(i int) time.Duration {
			return time.Until(first.Add(time.Duration(i) * time.Minute / crowd))
		})
		if err != nil {
			b.Fatal(err)
		}
		deadlines := map[string]time.Time{}
		live, err := h.manager.List(ctx, h.operator())
		if err != nil {
			b.Fatal(err)
		}
		for _, i := range live {
			deadlines[i.Onion.Address] = i.ExpiresAt
		}
		h.awaitEmpty(b, ctx)
		h.removedMu.Lock()
		for address, at := range h.removed {
			cut = append(cut, at.Sub(deadlines[address]))
		}
		h.removedMu.Unlock()
		gone = append(gone, h.endings(b)...)
	}
	if len(cut) != crowd*b.N || len(gone) != crowd*b.N {
		b.Fatalf("%d were cut and %d ended, of %d", len(cut), len(gone), crowd*b.N)
	}
	report(b, cut)
	b.ReportMetric(ms(cut.quantile(0.5)), "late-p50-ms")
	b.ReportMetric(ms(cut.quantile(0.99)), "late-p99-ms")
	b.ReportMetric(ms(gone.quantile(0.99)), "gone-p99-ms")
}

func (h *engineRoom) awaitEmpty(b *testing.B, ctx context.Context) { //nolint:revive // b first, as everywhere here
	b.Helper()
	for {
		live, err := h.manager.List(ctx, h.operator())
		if err != nil {
			b.Fatal(err)
		}
		if len(live) == 0 {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// endings are the times from deadline to the row that says nothing is left.
func (h *engineRoom) endings(b *testing.B) samples {
	b.Helper()
	var late samples
	err := h.store.View(b.Context(), func(tx services.Tx) error {
		all, err := tx.Instances(services.InstanceFilter{})
		for _, i := range all {
			if i.Ended() {
				late = append(late, i.EndedAt.Sub(i.ExpiresAt))
			}
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return late
}
