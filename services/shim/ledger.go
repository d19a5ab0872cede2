package shim

import (
	"sync"
	"time"

	"onionbot/services/app/events"
)

// maxVisit is how long connections that follow each other count as one visit.
// Whoever goes on after that is a visitor of their own, so that nobody can keep
// the one visit of a service open by coming back again and again.
const maxVisit = 10 * time.Minute

// lastWords is how long an instance whose last count was used up goes on, so
// that what its app has handed to Tor reaches its visitor.
const lastWords = 15 * time.Second

// ledger counts visitors and says when a rule ends the instance. It knows
// times and numbers only.
type ledger struct {
	mu sync.Mutex

	idle  time.Duration // end after this long with nobody; 0 = never
	limit int           // end after this many visits; 0 = unlimited
	burst time.Duration // connections closer than this are one visit

	byEvents bool          // what the app counts are the visits, not connections
	used     bool          // it has counted the last one in this container
	usedAt   time.Duration // boot time of that
	news     int

	armed    bool
	visits   int
	active   int
	present  bool          // a counted visit has begun in this container
	began    time.Duration // boot time of its first connection
	lastSeen time.Duration // boot time of the last arming, connection or end of one
	lastWall time.Time     // wall time of the last counted visit
}

// begin sets the rules and what earlier containers have counted.
func (l *ledger) begin(g *Go, now moment) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.idle, l.limit, l.burst = g.Idle, g.MaxVisits, g.Burst
	l.visits, l.byEvents = g.Visits, g.ByEvents
	if g.Armed {
		l.armed, l.lastSeen = true, now.boot
	}
}

// arm makes the ledger count from now on.
func (l *ledger) arm(now moment) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.armed {
		l.armed, l.lastSeen = true, now.boot
	}
}

// enter notes a connection and reports whether it may come in.
func (l *ledger) enter(now moment) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.byEvents && l.usedUp():
		return false
	case l.byEvents:
		l.lastSeen = now.boot
	case l.armed:
		if !l.sameVisit(now) {
			if l.usedUp() {
				return false
			}
			l.visits++
			l.present, l.began = true, now.boot
		}
		l.lastSeen, l.lastWall = now.boot, now.wall
	}
	l.active++
	return true
}

// leave notes the end of a connection that was let in.
func (l *ledger) leave(now moment) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active--
	l.lastSeen = now.boot
}

// count notes what an app has told. It can count no further than the rule
// allows.
func (l *ledger) count(t events.Tally, now moment) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.news += t.News
	if !l.byEvents || t.Counts == 0 || l.usedUp() {
		return
	}
	l.visits += t.Counts
	l.lastWall = now.wall
	if l.usedUp() {
		l.visits = l.limit
		l.used, l.usedAt = true, now.boot
	}
}

// ending returns the exit code of the rule that ends the instance now, or 0,
// and then how long it may take until the answer can change by itself (0 =
// not before the next event).
func (l *ledger) ending(now moment) (code int, again time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byEvents && l.usedUp() {
		if rest := l.usedAt + lastWords - now.boot; l.used && rest > 0 {
			return 0, rest
		}
		return ExitVisits, 0
	}
	if !l.armed || l.active > 0 {
		return 0, 0
	}
	quiet := now.boot - l.lastSeen
	if l.usedUp() {
		if !l.sameVisit(now) {
			return ExitVisits, 0
		}
		again = min(l.burst-quiet, l.began+maxVisit-now.boot)
	}
	if l.idle > 0 {
		if quiet >= l.idle {
			return ExitIdle, 0
		}
		if rest := l.idle - quiet; again == 0 || rest < again {
			again = rest
		}
	}
	return 0, again
}

// appEnded returns the exit code for an app that ended by itself: a visitor
// who makes it crash does not get the last visit back.
func (l *ledger) appEnded() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if (l.armed || l.byEvents) && l.usedUp() {
		return ExitVisits
	}
	return ExitApp
}

// fill puts the counts into a status.
func (l *ledger) fill(s *Status) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.Armed, s.Visits, s.Active, s.News = l.armed, l.visits, l.active, l.news
	if !l.lastWall.IsZero() {
		s.LastVisit = l.lastWall.UnixMilli()
	}
}

// report puts what must not be forgotten into a report.
func (l *ledger) report(r *Report) {
	var s Status
	l.fill(&s)
	r.Armed, r.Visits, r.LastVisit = s.Armed, s.Visits, max(r.LastVisit, s.LastVisit)
	r.News = s.News
}

func (l *ledger) usedUp() bool { return l.limit > 0 && l.visits >= l.limit }

// sameVisit reports whether a connection now belongs to the visit before it.
func (l *ledger) sameVisit(now moment) bool {
	return l.present && now.boot-l.lastSeen < l.burst && now.boot-l.began < maxVisit
}
