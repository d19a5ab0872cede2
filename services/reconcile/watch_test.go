package reconcile

import (
	"testing"
	"time"

	"onionbot/services"
)

func TestVisitsOfTheProbeKeepNoRhythm(t *testing.T) {
	policy := services.DefaultPolicy()
	inst := running()
	gaps := make(map[time.Duration]bool)
	for range 100 {
		next := watchAt(&policy, inst)
		gap := next.Sub(inst.CheckedAt)
		if gap < policy.Watch*3/4 || gap > policy.Watch*5/4 {
			t.Fatalf("opened again after %v", gap)
		}
		gaps[gap.Truncate(time.Second)] = true
		inst.CheckedAt = next
	}
	if len(gaps) < 40 {
		t.Errorf("%d different pauses among 100", len(gaps))
	}
	one, other := running(), running()
	other.Onion.Key = "another"
	if watchAt(&policy, one).Equal(watchAt(&policy, other)) {
		t.Error("two services are visited at the same moment")
	}
}
