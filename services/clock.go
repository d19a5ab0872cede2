package services

import "time"

// Clock tells the wall-clock time. Deadlines are wall-clock times; the
// production clock never runs backwards, so that setting the machine's clock
// back does not prolong anybody's exposure.
type Clock interface {
	Now() time.Time
}

// ShiftClock is a [Clock] that knows what was done to the machine's clock
// since the process began.
type ShiftClock interface {
	Clock
	// Shift returns how far the machine's clock was set forward in all, and how
	// far this clock is ahead of it now because it was set back.
	Shift() (forward, back time.Duration)
}

// ClockFunc makes a [Clock] from a function.
type ClockFunc func() time.Time

// Now calls f.
func (f ClockFunc) Now() time.Time { return f() }
