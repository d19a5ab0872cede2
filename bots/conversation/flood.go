package conversation

import (
	"time"

	"golang.org/x/time/rate"

	"onionbot/bots"
)

// What one sender may send. More is a mistake or a flood: it would make others
// wait, and nobody reads a hundred answers.
const (
	floodBurst = 100
	floodEvery = time.Second // one more is allowed after each
	// floodPause is how long after the sentence about it the next one comes.
	floodPause = time.Minute
	// stopBurst is for "stop", which has an allowance of its own: it must work
	// for somebody who has typed in panic before.
	stopBurst = 20
)

// allowed is what one sender may still send.
type allowed struct {
	messages, stops *rate.Limiter
	told            time.Time // when they last read that it was too much
}

func newAllowed() *allowed {
	return &allowed{
		messages: rate.NewLimiter(rate.Every(floodEvery), floodBurst),
		stops:    rate.NewLimiter(rate.Every(floodEvery), stopBurst),
	}
}

// fresh reports whether a new allowance would be no better.
func (a *allowed) fresh(now time.Time) bool {
	return a.messages.TokensAt(now) >= floodBurst && a.stops.TokensAt(now) >= stopBurst && now.Sub(a.told) > floodPause
}

// admission is what becomes of a message.
type admission int

const (
	admitted        admission = iota
	refusedAloud              // its sender hears why
	refusedSilently           // they have just heard it
)

// admit measures a message against what its sender may send. Operators have no
// limit: they answer for the machine.
func (b *inbox) admit(m *bots.Message) admission {
	if b.hub.o.Router.operates(m) {
		return admitted
	}
	now := b.hub.o.Clock.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.limits[m.From.Account]
	if a == nil {
		b.forgetFresh(now)
		a = newAllowed()
		b.limits[m.From.Account] = a
	}
	switch {
	case len(b.queues[m.From.Account]) < floodBurst && a.messages.AllowN(now, 1):
		return admitted
	case b.hub.o.Router.stops(m) && a.stops.AllowN(now, 1):
		return admitted
	case now.Sub(a.told) > floodPause:
		a.told = now
		return refusedAloud
	}
	return refusedSilently
}

// manySenders is when allowances that are as good as new are forgotten.
const manySenders = 1000

func (b *inbox) forgetFresh(now time.Time) {
	if len(b.limits) < manySenders {
		return
	}
	for sender, a := range b.limits {
		if a.fresh(now) {
			delete(b.limits, sender)
		}
	}
}
