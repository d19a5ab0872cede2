package services

import "time"

// Clock tells the wall-clock time. Deadlines are wall-clock times; the
// production clock never runs backwards, so that setting the machine's clock
// back does not prolong anybody's exposure.
type Clock interface {
	Now() time.Time
}

// ClockFunc makes a [Clock] from a function.
type ClockFunc func() time.Time

// Now calls f.
func (f ClockFunc) Now() time.Time { return f() }
