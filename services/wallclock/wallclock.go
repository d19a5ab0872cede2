// Package wallclock is a wall clock that deadlines can be trusted to.
package wallclock

import (
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// Clock is a wall clock that never runs backwards and never stands still: it
// advances at least as much as the time since boot does. So a clock that is
// set back prolongs nothing, and the time a machine slept counts.
type Clock struct {
	wall func() time.Time
	boot func() time.Duration

	mu      sync.Mutex
	last    time.Time
	at      time.Duration
	forward time.Duration // how far the wall clock was set forward since the first reading
}

// New returns the machine's clock.
func New() *Clock { return From(time.Now, sinceBoot) }

// From makes a clock from a wall clock and a count of the time since boot.
func From(wall func() time.Time, boot func() time.Duration) *Clock {
	return &Clock{wall: wall, boot: boot}
}

// Now returns the time, without a monotonic reading.
func (c *Clock) Now() time.Time {
	now, _ := c.Read()
	return now
}

// Read returns the time together with the time since boot.
func (c *Clock) Read() (time.Time, time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read()
}

func (c *Clock) read() (time.Time, time.Duration) {
	now, boot := c.wall().Round(0), c.boot()
	if !c.last.IsZero() {
		least := c.last.Add(boot - c.at)
		if least.After(now) {
			now = least
		}
		c.forward += now.Sub(least)
	}
	c.last, c.at = now, boot
	return now, boot
}

// Shift returns how far the wall clock was set forward in all since the first
// reading, and how far it is behind this clock now because it was set back.
func (c *Clock) Shift() (forward, back time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, _ := c.read()
	return c.forward, now.Sub(c.wall().Round(0))
}

// clockBoottime is CLOCK_BOOTTIME of clock_gettime(2), which counts the time
// that the machine was suspended.
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
