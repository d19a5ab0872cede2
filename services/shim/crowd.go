package shim

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

const (
	maxIdle  = 10 * time.Minute // nothing moved on a connection for so long: its visitor is gone
	idleLook = 30 * time.Second // how often that is looked at
	fresh    = time.Second      // how long the order of the crowd is believed
)

// crowd is the open connections. When it is full, whoever comes takes the place
// of one that is of no use to anybody: first those that have hardly said
// anything, among them the one on which nothing has moved for longest. So
// whoever opens connections and lets them lie shuts nobody out.
type crowd struct {
	mu     sync.Mutex
	most   int
	here   map[*visitor]struct{}
	closed bool

	queue []*visitor // who gives way next, last first
	asked time.Time  // when queue was made
}

func newCrowd(most int) *crowd { return &crowd{most: most, here: make(map[*visitor]struct{})} }

// limit sets how many there may be, at most as many as the shim can hold.
func (c *crowd) limit(most int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if most > 0 && most < c.most {
		c.most = most
	}
}

// enter takes a connection in, at the cost of another if there is no room. It
// reports false when the crowd has been closed.
func (c *crowd) enter(v *visitor) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	for len(c.here) >= c.most {
		out := c.next(v.came)
		out.cut()
		delete(c.here, out)
	}
	c.here[v] = struct{}{}
	return true
}

// leave notes that a connection has ended.
func (c *crowd) leave(v *visitor) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.here, v)
}

// next is who gives way. The order is made once a second at most: in a flood
// it must not cost more than the flood.
func (c *crowd) next(now time.Time) *visitor {
	for {
		if len(c.queue) == 0 || now.Sub(c.asked) > fresh {
			c.line(now)
		}
		last := len(c.queue) - 1
		v := c.queue[last]
		c.queue = c.queue[:last]
		if _, ok := c.here[v]; ok {
			return v
		}
	}
}

// line makes the order in which half of the connections give way, at least one.
// The other half is looked at anew by then.
func (c *crowd) line(now time.Time) {
	type place struct {
		who  *visitor
		rank activity
	}
	places := make([]place, 0, len(c.here))
	for v := range c.here {
		places = append(places, place{v, v.activity(now)})
	}
	slices.SortFunc(places, func(a, b place) int {
		switch {
		case a.rank.spoken != b.rank.spoken && b.rank.spoken:
			return 1
		case a.rank.spoken != b.rank.spoken:
			return -1
		}
		return cmp.Compare(a.rank.idle, b.rank.idle)
	})
	c.queue, c.asked = c.queue[:0], now
	for _, p := range places[len(places)/2:] {
		c.queue = append(c.queue, p.who)
	}
}

// closeIdle ends the connections on which nothing has moved for the time.
func (c *crowd) closeIdle(now time.Time, limit time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for v := range c.here {
		if v.activity(now).idle >= limit {
			v.cut()
		}
	}
}

// close ends every connection and lets nobody in any more.
func (c *crowd) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for v := range c.here {
		v.cut()
	}
}
