package shim

import (
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// moment is one reading of the clock.
type moment struct {
	wall time.Time     // never before an earlier reading
	boot time.Duration // time since boot, suspended time included
}

// clock is a wall clock that never runs backwards and never stands still: it
// advances at least as much as the time since boot does. So a clock that is
// set back prolongs nothing, and the time a machine slept counts.
type clock struct {
	wall func() time.Time
	boot func() time.Duration

	mu   sync.Mutex
	last moment
}

func newClock() *clock {
	return &clock{wall: time.Now, boot: sinceBoot}
}

func (c *clock) now() moment {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := moment{wall: c.wall().Round(0), boot: c.boot()}
	if !c.last.wall.IsZero() {
		if least := c.last.wall.Add(m.boot - c.last.boot); least.After(m.wall) {
			m.wall = least
		}
	}
	c.last = m
	return m
}

// clockBoottime is CLOCK_BOOTTIME of clock_gettime(2).
const clockBoottime = 7

// sinceBoot reads CLOCK_BOOTTIME. The call cannot fail on any kernel that
// runs containers; if it did, zero would leave the wall clock in charge.
func sinceBoot() time.Duration {
	var ts syscall.Timespec
	_, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockBoottime, uintptr(unsafe.Pointer(&ts)), 0) //nolint:gosec // the one way without a dependency
	if errno != 0 {
		return 0
	}
	return time.Duration(ts.Nano())
}
