package tor

import "time"

// visitor is whom a visit of the pool's own is like.
type visitor int

const (
	guest    visitor = iota // has the key, where one is needed
	stranger                // has none
)

// takes reports whether the tor can visit an onion so now. A tor has a key or
// has none, for all who use it: guests and a stranger do not come at the same
// time. pool.mu is held.
func (m *member) takes(id string, as visitor) bool {
	if as == stranger {
		return m.visiting[id] == 0
	}
	return m.visiting[id] >= 0
}

// arrive and depart count a visit. pool.mu is held.
func (m *member) arrive(id string, as visitor) {
	if m.probes++; as == stranger {
		m.visiting[id]--
	} else {
		m.visiting[id]++
	}
}

func (m *member) depart(id string, as visitor) {
	if m.probes--; as == stranger {
		m.visiting[id]++
	} else {
		m.visiting[id]--
	}
	if m.visiting[id] == 0 {
		delete(m.visiting, id)
	}
}

// stale reports whether the tor may remember something that spoils the visit: a
// failure or, for a stranger, any visit to a private onion. What a tor did that
// an earlier process has left running is not known. pool.mu is held.
func (m *member) stale(id string, as visitor) bool {
	_, stale := m.tainted[id]
	if _, met := m.met[id]; as == stranger {
		stale = stale || met || m.newnym.IsZero()
	}
	return stale
}

// meet records that the tor visits a private onion.
func (m *member) meet(id string) {
	m.pool.mu.Lock()
	defer m.pool.mu.Unlock()
	if len(m.met) >= maxTainted {
		clear(m.met)
		m.newnym = time.Time{} // it may have met any
	}
	m.met[id] = struct{}{}
}

// forgotten records that the tor was made to forget. pool.mu is held.
func (m *member) forgotten() {
	m.newnym = time.Now()
	clear(m.tainted)
	clear(m.met)
}
