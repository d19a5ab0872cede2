package chat

import (
	"fmt"
	"time"
)

const (
	maxLines  = 200 // that are kept
	maxText   = 1000
	longPause = 5 * time.Minute // that is told between two lines
)

// line is what somebody said.
type line struct {
	number   int
	name     string
	tag      string
	skeleton string
	text     string
	at       time.Time
	newcomer bool // its author was one
}

// add keeps a line and tells everybody who reads along. Beyond the bound the
// newcomers' oldest goes if half of what is kept is theirs, else the oldest.
func (r *Room) add(l line) {
	r.last++
	l.number = r.last
	r.lines = append(r.lines, l)
	if len(r.lines) > maxLines {
		r.drop()
	}
	close(r.changed)
	r.changed = make(chan struct{})
}

func (r *Room) drop() {
	newcomers, first := 0, -1
	for i, l := range r.lines {
		if l.newcomer {
			if newcomers++; first < 0 {
				first = i
			}
		}
	}
	if newcomers <= maxLines/2 {
		first = 0
	}
	r.lines = append(r.lines[:first], r.lines[first+1:]...)
}

// after returns the lines after a number, and a channel that is closed when
// there are more.
func (r *Room) after(number int) ([]line, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if number > r.last {
		number = 0 // of an earlier room behind the same address
	}
	first := len(r.lines)
	for first > 0 && r.lines[first-1].number > number {
		first--
	}
	return append([]line(nil), r.lines[first:]...), r.changed
}

// pause says how long nobody had said anything, "" if that was not long. It
// is all that is told of times: a time of day would be the machine's clock.
func pause(earlier, later time.Time) string {
	gap := later.Sub(earlier)
	switch minutes := int(gap / time.Minute); {
	case earlier.IsZero(), gap < longPause:
		return ""
	case minutes < 120:
		return fmt.Sprintf("%d minutes later", minutes)
	default:
		return fmt.Sprintf("%d hours later", minutes/60)
	}
}
