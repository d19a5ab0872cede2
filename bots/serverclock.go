package bots

import (
	"net/http"
	"sync"
	"time"
)

// ServerClock compares this machine's clock with that of a network's server,
// by the Date of its answers. An adapter dates messages by the server and
// tells with [ServerClock.Here] when that was by this machine's clock: so a
// clock that is wrong makes no message too old. The zero value is ready.
type ServerClock struct {
	mu    sync.Mutex
	ahead time.Duration
}

// Heard takes the Date of an answer that came at now.
func (c *ServerClock) Heard(h http.Header, now time.Time) {
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead = now.Sub(at)
}

// Ahead is how far this machine's clock is ahead of the server's, exact to the
// second and the way of an answer; negative if it is behind, 0 while nothing
// is known.
func (c *ServerClock) Ahead() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ahead
}

// Here is a time of the server's by this machine's clock.
func (c *ServerClock) Here(at time.Time) time.Time { return at.Add(c.Ahead()) }

// There is a time of this machine's by the server's clock.
func (c *ServerClock) There(at time.Time) time.Time { return at.Add(-c.Ahead()) }
