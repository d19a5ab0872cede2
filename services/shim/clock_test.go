package shim

import (
	"testing"
	"time"
)

// hands is a clock that tests move.
type hands struct {
	wall time.Time
	boot time.Duration
}

func (h *hands) clock() *clock {
	return &clock{wall: func() time.Time { return h.wall }, boot: func() time.Duration { return h.boot }}
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestClockSetBackProlongsNothing(t *testing.T) {
	h := &hands{wall: noon}
	c := h.clock()
	c.now()
	h.wall, h.boot = noon.Add(-time.Hour), 10*time.Second
	if got, want := c.now().wall, noon.Add(10*time.Second); !got.Equal(want) {
		t.Errorf("now = %v, want %v", got, want)
	}
	h.boot += 20 * time.Second
	if got, want := c.now().wall, noon.Add(30*time.Second); !got.Equal(want) {
		t.Errorf("later = %v, want %v", got, want)
	}
}

func TestClockSetForwardIsBelieved(t *testing.T) {
	h := &hands{wall: noon}
	c := h.clock()
	c.now()
	h.wall, h.boot = noon.Add(time.Hour), time.Second
	if got := c.now().wall; !got.Equal(noon.Add(time.Hour)) {
		t.Errorf("now = %v", got)
	}
}

func TestSuspendedTimeCounts(t *testing.T) {
	h := &hands{wall: noon}
	c := h.clock()
	c.now()
	// After a resume without a clock chip the wall may lag; CLOCK_BOOTTIME does not.
	h.boot = 3 * time.Hour
	if got := c.now().wall; !got.Equal(noon.Add(3 * time.Hour)) {
		t.Errorf("now = %v", got)
	}
}

func TestBootClockAdvances(t *testing.T) {
	a := sinceBoot()
	if b := sinceBoot(); a <= 0 || b < a {
		t.Errorf("CLOCK_BOOTTIME gave %v, then %v", a, b)
	}
}
