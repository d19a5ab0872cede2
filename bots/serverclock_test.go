package bots

import (
	"net/http"
	"testing"
	"time"
)

func TestClocksAreComparedByTheDateOfAnswers(t *testing.T) {
	server := time.Date(2026, 11, 23, 17, 55, 0, 0, time.UTC)
	for _, off := range []time.Duration{0, 3 * time.Second, 2 * time.Hour, -90 * time.Minute} {
		var c ServerClock
		c.Heard(http.Header{"Date": {server.Format(http.TimeFormat)}}, server.Add(off))
		c.Heard(http.Header{"Date": {"yesterday"}}, server)
		c.Heard(http.Header{}, server)
		if got := c.Ahead(); got != off {
			t.Errorf("%s off: ahead by %s", off, got)
		}
		if got := c.There(c.Here(server)); !got.Equal(server) {
			t.Errorf("%s off: there and back is %s", off, got)
		}
	}
}
