package conversation

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// What strangers may try codes. A code cannot be guessed; this keeps the
// trying from costing anything. All of them together have an allowance that
// one alone, whose own is far smaller, cannot use up.
const (
	guessBurst = 5
	guessEvery = time.Minute
	crowdBurst = 200
	crowdEvery = 50 * time.Millisecond
	// manyGuessers is when allowances that are as good as new are forgotten.
	manyGuessers = 1000
)

// guesses is what strangers may still try.
type guesses struct {
	mu    sync.Mutex
	crowd *rate.Limiter
	each  map[string]*rate.Limiter // by sender
}

// allow reports whether a stranger may try a code now.
func (g *guesses) allow(sender string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.crowd == nil {
		g.crowd = rate.NewLimiter(rate.Every(crowdEvery), crowdBurst)
		g.each = make(map[string]*rate.Limiter)
	}
	own := g.each[sender]
	if own == nil {
		g.forget(now)
		own = rate.NewLimiter(rate.Every(guessEvery), guessBurst)
	}
	if own.TokensAt(now) < 1 || !g.crowd.AllowN(now, 1) {
		return false
	}
	g.each[sender] = own // only who got this far is remembered
	return own.AllowN(now, 1)
}

func (g *guesses) forget(now time.Time) {
	if len(g.each) < manyGuessers {
		return
	}
	for sender, l := range g.each {
		if l.TokensAt(now) >= guessBurst {
			delete(g.each, sender)
		}
	}
}
