package tor

import (
	"github.com/cretz/bine/control"
)

// crowd is how many unpublished onions make it worth while to close circuits
// that tor would keep.
const crowd = 3

// maxSpent bounds what is remembered of circuits. tor closes the others itself.
const maxSpent = 1024

// uploads follows the streams by which a tor brings descriptors to their
// directories, and collects the circuits that they leave behind.
//
// tor keeps such a circuit for ten minutes, though nothing uses it again, and
// matches every stream that waits against every circuit whenever one opens.
// With a crowd of onions, each with a dozen uploads, that is most of what it
// does; closing the circuits halves the work (docs/performance.md). Where there
// is no crowd they are left to tor, whose circuits then look like those of any
// other tor that hosts an onion.
//
// The zero value is empty.
type uploads struct {
	streams map[string]struct{} // under way, by stream id
	spent   []string            // circuits whose upload has ended, by circuit id
}

// follow records a STREAM event.
func (u *uploads) follow(e *control.StreamEvent) {
	switch e.Status {
	case "NEW":
		if e.Purpose == "DIR_UPLOAD" {
			if u.streams == nil {
				u.streams = map[string]struct{}{}
			}
			u.streams[e.StreamID] = struct{}{}
		}
	case "CLOSED", "FAILED":
		if _, ok := u.streams[e.StreamID]; !ok {
			return
		}
		delete(u.streams, e.StreamID)
		if e.CircuitID != "0" && len(u.spent) < maxSpent {
			u.spent = append(u.spent, e.CircuitID)
		}
	}
}

// take returns the circuits to close, and forgets them.
func (u *uploads) take() []string {
	spent := u.spent
	u.spent = nil
	return spent
}

// stream records an event about a stream and returns the circuits that
// should be closed now.
func (m *member) stream(e *control.StreamEvent) []string {
	m.pool.mu.Lock()
	defer m.pool.mu.Unlock()
	m.uploads.follow(e)
	if m.slots < crowd {
		return nil
	}
	return m.uploads.take()
}
