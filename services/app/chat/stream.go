package chat

import (
	"context"
	"time"
)

const (
	beatTime   = 30 * time.Second       // after which a page that reads along hears that the room is there
	breathTime = 100 * time.Millisecond // between two deliveries to one page: many lines at once are one
)

// stream is one page that reads along.
type stream struct {
	who   *person
	since time.Time
	over  chan struct{} // closed when it has to end
}

// crowded says that there is no place to read along. What is there can be read.
const crowded refusal = "Too many people read along."

// join lets somebody read along, until leave. Whoever has said something takes
// the place of somebody who has not.
func (r *Room) join(who pass, now time.Time) (*stream, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p, err := r.admit(who, now)
	if err != nil {
		return nil, err
	}
	var out *stream
	switch {
	case p.reading >= ownStreams:
		out = r.oldest(func(s *stream) bool { return s.who == p })
	case len(r.streams) >= maxStreams && p.said > 0:
		out = r.oldest(func(s *stream) bool { return s.who.said == 0 })
	}
	if out != nil {
		r.end(out)
	}
	if len(r.streams) >= maxStreams {
		return nil, crowded
	}
	s := &stream{who: p, since: now, over: make(chan struct{})}
	r.streams[s] = struct{}{}
	p.reading++
	return s, nil
}

// oldest is the stream among some that has been there for longest.
func (r *Room) oldest(among func(*stream) bool) (found *stream) {
	for s := range r.streams {
		if among(s) && (found == nil || s.since.Before(found.since)) {
			found = s
		}
	}
	return found
}

// end makes a stream end. The caller holds the lock.
func (r *Room) end(s *stream) {
	if _, ok := r.streams[s]; ok {
		delete(r.streams, s)
		s.who.reading--
		close(s.over)
	}
}

// leave notes that a stream has ended.
func (r *Room) leave(s *stream, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.end(s)
	s.who.seen = now
}

// here is how many people read along.
func (r *Room) here() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.people {
		if p.reading > 0 {
			n++
		}
	}
	return n
}

// reader is where lines go to.
type reader interface {
	lines([]line) error
	beat(here int) error // nothing was said for a while
}

// follow hands on what was said after a line, and what is being said, until
// the visitor goes, the stream has to end or life is over.
func (r *Room) follow(ctx context.Context, s *stream, number int, to reader, life time.Duration) {
	beat := time.NewTicker(beatTime)
	defer beat.Stop()
	end := time.NewTimer(life)
	defer end.Stop()
	for {
		lines, more := r.after(number)
		if len(lines) > 0 {
			if to.lines(lines) != nil {
				return
			}
			number = lines[len(lines)-1].number
			breathe(ctx)
		}
		select {
		case <-more:
		case <-beat.C:
			if to.beat(r.here()) != nil {
				return
			}
		case <-s.over:
			return
		case <-end.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// breathe waits a moment.
func breathe(ctx context.Context) {
	t := time.NewTimer(breathTime)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
