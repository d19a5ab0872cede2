package reconcile

import (
	"fmt"
	"time"

	"onionbot/services"
)

// shiftTold is how far a clock must have been set for anybody to be told.
const shiftTold = 30 * time.Second

// shift is how far the machine's clock was set forward since the process
// began, and how far it is behind ours because it was set back; zero where the
// clock does not know.
func (r *Reconciler) shift() (forward, back time.Duration) {
	if c, ok := r.o.Clock.(services.ShiftClock); ok {
		return c.Shift()
	}
	return 0, 0
}

// tellEarly has it remembered if an end comes earlier than its owner was
// promised, because the clock was set forward meanwhile.
func (r *Reconciler) tellEarly(j *job) {
	forward, _ := r.shift()
	if early := forward - j.memo.ForwardAtFirst; early >= shiftTold {
		j.remember(func(m *Memo) { m.Early = early.Truncate(time.Second) })
	}
}

// watchClock logs when the machine's clock was set.
func (r *Reconciler) watchClock() {
	forward, back := r.shift()
	if (forward-r.forward).Abs() >= shiftTold || (back-r.back).Abs() >= shiftTold {
		r.o.Log.Warn("the machine's clock was set", "forward", forward-r.forward, "behind", back)
		r.forward, r.back = forward, back
	}
}

// clockTrouble is what the health report says of the clock.
func (r *Reconciler) clockTrouble() string {
	_, back := r.shift()
	if back < shiftTold {
		return ""
	}
	return fmt.Sprintf("the server's clock was set back by %s; until the bot is restarted, ends keep to the time before", back.Round(time.Second))
}
