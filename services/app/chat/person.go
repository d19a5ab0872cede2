package chat

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

const (
	maxPeople  = 400              // whom the room remembers
	absence    = 30 * time.Minute // after which a silent one without the page open is forgotten
	maxStreams = 160              // pages that read along at once
	ownStreams = 4                // of one person: a few tabs

	// A newcomer is one no more after this much talk and time.
	newcomerLines = 3
	newcomerTime  = time.Minute
)

// person is somebody who reads along or has said something.
type person struct {
	pass
	skeleton string
	pace     bucket
	said     int
	first    time.Time // when the first line was said
	seen     time.Time
	reading  int // open streams
}

func (p *person) newcomer(now time.Time) bool {
	return p.said < newcomerLines || now.Sub(p.first) < newcomerTime
}

// refusal is a sentence for who wanted to do something.
type refusal string

func (r refusal) Error() string { return string(r) }

const (
	sayName    refusal = "A name has between 1 and 24 letters or digits."
	sayTaken   refusal = "Somebody here has that name or one that looks like it. Choose another."
	sayFull    refusal = "The room is full. Try again in a minute."
	sayCookie  refusal = "Your browser did not keep the one cookie that the room needs. Allow it, or try again."
	sayEmpty   refusal = "There was nothing in it."
	sayStopped refusal = "You are not in the room. Open it again and pick a name."
)

// sayLong tells how much too long a text is.
func sayLong(n int) refusal {
	return refusal(fmt.Sprintf("That is too long by %d characters: %d go into one message.", n-maxText, maxText))
}

// sayWait asks for patience.
func sayWait(why string, wait time.Duration) refusal {
	seconds := int((wait + time.Second - 1) / time.Second)
	unit := "seconds"
	if seconds == 1 {
		unit = "second"
	}
	return refusal(fmt.Sprintf("%s Send it again in %d %s.", why, seconds, unit))
}

// admit finds the person of a pass, or takes note of them if there is room.
// The caller holds the lock.
func (r *Room) admit(who pass, now time.Time) (*person, error) {
	if p := r.people[who.id]; p != nil {
		p.seen = now
		return p, nil
	}
	skeleton := skeleton(who.name)
	if r.taken(skeleton, who.tag) {
		return nil, sayTaken
	}
	if len(r.people) >= maxPeople && !r.forget(now) {
		return nil, sayFull
	}
	p := &person{pass: who, skeleton: skeleton, seen: now, pace: bucket{burst: 6, every: 2 * time.Second}}
	r.people[who.id] = p
	return p, nil
}

// taken reports whether somebody with another tag has a name that looks the
// same, or had it in what is still to be read.
func (r *Room) taken(skeleton, tag string) bool {
	for _, p := range r.people {
		if p.skeleton == skeleton && p.tag != tag {
			return true
		}
	}
	return slices.ContainsFunc(r.lines, func(l line) bool { return l.skeleton == skeleton && l.tag != tag })
}

// tagged reports whether a tag is in use.
func (r *Room) tagged(tag string) bool {
	for _, p := range r.people {
		if p.tag == tag {
			return true
		}
	}
	return slices.ContainsFunc(r.lines, func(l line) bool { return l.tag == tag })
}

// forget makes room: whoever has been away for long is forgotten, else the one
// among those who have not got the page open that has said least and was not
// seen for longest.
func (r *Room) forget(now time.Time) bool {
	var least *person
	for id, p := range r.people {
		if p.reading > 0 {
			continue
		}
		if now.Sub(p.seen) > absence {
			delete(r.people, id)
			continue
		}
		if least == nil || cmp.Or(cmp.Compare(min(p.said, newcomerLines), min(least.said, newcomerLines)), p.seen.Compare(least.seen)) < 0 {
			least = p
		}
	}
	if len(r.people) < maxPeople {
		return true
	}
	if least == nil {
		return false
	}
	delete(r.people, least.id)
	return true
}

// speak adds what somebody says, at their pace.
func (r *Room) speak(who pass, text string, now time.Time) error {
	text = cleanText(text)
	if n := len([]rune(text)); n > maxText {
		return sayLong(n)
	}
	if text == "" {
		return sayEmpty
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p, err := r.admit(who, now)
	if err != nil {
		return err
	}
	newcomer := p.newcomer(now)
	if wait := p.pace.wait(now); wait > 0 {
		return sayWait("You are talking very fast.", wait)
	}
	if wait := r.crowd.wait(now); newcomer && wait > 0 {
		return sayWait("Many new people talk at once.", wait)
	}
	if wait := r.whole.wait(now); wait > 0 {
		return sayWait("Everybody talks at once.", wait)
	}
	p.pace.take(now)
	r.whole.take(now)
	if newcomer {
		r.crowd.take(now)
	}
	if p.said++; p.said == 1 {
		p.first = now
	}
	r.add(line{name: p.name, tag: p.tag, skeleton: p.skeleton, text: text, at: now, newcomer: newcomer})
	return nil
}
