package reconcile

import (
	"time"

	"onionbot/services"
)

// stuckLook is how often a container that is of no use is looked at, so that
// one which was only slow is not replaced.
const stuckLook = 8 * time.Second

// queueLook is how often a start that waits in a queue is looked at.
const queueLook = 30 * time.Second

// NextWake is the next moment at which time alone changes the plan of an
// instance; zero if only an event can.
func NextWake(p *services.Policy, inst *services.Instance, memo Memo, now time.Time) time.Time {
	var next time.Time
	consider := func(t time.Time) {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, b := range memo.Backoff {
		consider(b.NotBefore)
	}
	if inst.Desired == services.DesiredGone {
		consider(inst.UpdatedAt.Add(containerFirst))
		return next
	}
	consider(inst.ExpiresAt)
	if inst.Desired == services.DesiredWarm {
		return next
	}
	if !memo.StuckSince.IsZero() {
		consider(now.Add(stuckLook))
	}
	if memo.Start.Phase == phaseQueued {
		consider(now.Add(queueLook))
	}
	consider(memo.SettleAt)
	if inst.ReadyAt.IsZero() {
		consider(memo.Start.limit(p, now))
	} else if !visitsCount(inst.Rules, memo.OwnCount) {
		consider(watchAt(p, inst))
	}
	return next
}
