package shim

import (
	"time"

	"onionbot/services/wallclock"
)

// moment is one reading of the clock.
type moment struct {
	wall time.Time     // never before an earlier reading
	boot time.Duration // time since boot, suspended time included
}

// clock gives readings of a clock that deadlines can be trusted to.
type clock struct{ *wallclock.Clock }

func newClock() *clock { return &clock{wallclock.New()} }

func (c *clock) now() moment {
	wall, boot := c.Read()
	return moment{wall: wall, boot: boot}
}
