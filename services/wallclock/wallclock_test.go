package wallclock_test

import (
	"testing"
	"time"

	"onionbot/services/wallclock"
)

func TestClockNeverRunsBackwardsAndCountsSleep(t *testing.T) {
	wall := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	boot := time.Hour
	c := wallclock.From(func() time.Time { return wall }, func() time.Duration { return boot })
	start := c.Now()

	steps := []struct {
		name       string
		wall, boot time.Duration // how far each moves
		want       time.Duration // since the start
	}{
		{"both go on", time.Minute, time.Minute, time.Minute},
		{"set back an hour: goes on by the time since boot", -time.Hour, time.Minute, 2 * time.Minute},
		{"set forward two hours: follows", 2 * time.Hour, 0, 61 * time.Minute},
		{"wall stands while the machine sleeps", 0, time.Hour, 121 * time.Minute},
	}
	for _, s := range steps {
		wall, boot = wall.Add(s.wall), boot+s.boot
		if got := c.Now().Sub(start); got != s.want {
			t.Errorf("%s: %v since the start, want %v", s.name, got, s.want)
		}
	}
}

func TestClockKnowsHowItWasSet(t *testing.T) {
	wall := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	boot := time.Hour
	c := wallclock.From(func() time.Time { return wall }, func() time.Duration { return boot })
	c.Now()
	want := func(name string, forward, back time.Duration) {
		t.Helper()
		if f, b := c.Shift(); f != forward || b != back {
			t.Errorf("%s: forward %v, back %v; want %v, %v", name, f, b, forward, back)
		}
	}
	wall, boot = wall.Add(time.Hour), boot+time.Hour
	want("an hour passed", 0, 0)
	wall = wall.Add(2 * time.Hour)
	want("set forward", 2*time.Hour, 0)
	wall, boot = wall.Add(-30*time.Minute), boot+time.Minute
	want("set back by half an hour and a minute", 2*time.Hour, 31*time.Minute)
	wall = wall.Add(31 * time.Minute)
	want("corrected", 2*time.Hour, 0)
}

func TestMachineClockIsTheWallClock(t *testing.T) {
	before := time.Now()
	got := wallclock.New().Now()
	if got.Before(before.Round(0)) || got.After(time.Now().Round(0)) {
		t.Errorf("clock says %v, the machine %v", got, before)
	}
}
