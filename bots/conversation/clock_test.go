package conversation

import (
	"strings"
	"testing"
	"time"

	"onionbot/services"
)

// late is a message that was sent some time ago, on a network by whose clock
// this machine's is ahead.
func (w *world) late(account, text string, ago, ahead time.Duration) string {
	w.t.Helper()
	m := w.message(account, text)
	m.SentAt, m.ClockAhead = w.clock.Now().Add(-ago), ahead
	return w.say(m)
}

func TestStopIsNeverTooOldForWhatIsOlder(t *testing.T) {
	at := noon
	w := newWorld(t, services.ClockFunc(func() time.Time { return at }))
	start := func(name string) { w.say(w.message("1", "start site as "+name)) }
	start("old")
	start("older")
	at = at.Add(time.Hour)
	start("young")
	if got := w.late("1", "stop young", 40*time.Minute, 0); !strings.Contains(got, "waited too long") {
		t.Errorf("what is younger than the message: %q", got)
	}
	if got := w.late("1", "stop old", 40*time.Minute, 0); !strings.Contains(got, "old is being taken down") {
		t.Errorf("what is older: %q", got)
	}
	for _, text := range []string{"start site", "more 1h old", "list", "nonsense"} {
		if got := w.late("1", text, 40*time.Minute, 0); !strings.Contains(got, "waited too long") {
			t.Errorf("%q: %q", text, got)
		}
	}
	if got := w.late("1", "stop all", 40*time.Minute, 0); strings.Contains(got, "young") || !strings.Contains(got, "older is being") {
		t.Errorf("stop all: %q", got)
	}
	if got := w.late("1", "stop all", 90*time.Minute, 0); !strings.Contains(got, "waited too long") {
		t.Errorf("stop all, older than everything: %q", got)
	}
}

func TestAClockTimeMeansWhenItWasSent(t *testing.T) {
	at := noon.Add(5*time.Hour + 55*time.Minute)
	w := newWorld(t, services.ClockFunc(func() time.Time { return at }))
	at = at.Add(9 * time.Minute) // it is 18:04 when the message is handled
	if got := w.late("1", "start site until 18:00", 9*time.Minute, 0); !strings.Contains(got, "“18:00” is in the past") {
		t.Errorf("got %q", got)
	}
	if got := w.late("1", "start site until 18:30", 9*time.Minute, 0); !strings.Contains(got, "Until 18:30 UTC, 26 min from now") {
		t.Errorf("got %q", got)
	}
	if got := w.late("1", "start site until 17:00 as night", 9*time.Minute, 0); !strings.Contains(got, "Until Tue 17:00 UTC") {
		t.Errorf("got %q", got)
	}
}

func TestAClockTimeMeansTheSendersClock(t *testing.T) {
	w := newWorld(t, services.ClockFunc(func() time.Time { return noon.Add(8 * time.Hour) }))
	// This machine says 20:00; where the message comes from it is 18:00.
	if got := w.late("1", "start site until 18:30", 0, 2*time.Hour); !strings.Contains(got, "30 min from now") {
		t.Errorf("got %q", got)
	}
}
