package tor

// entry is what is known of one onion on one tor.
type entry struct {
	published bool // an upload was seen, or it is presumed
	planned   bool // ADD_ONION is about to be sent
	doubtful  bool // ADD_ONION was sent and not answered; the tor may or may not have it
	slot      bool // it counts as unpublished in the tor's window
	begun     int  // uploads to single directories
	stored    int  // of those, that succeeded
	refused   int  // of those, that failed

	admits  string // whom it was seen to be added for; see [services.Onion.Admits]
	guarded bool   // it was seen to be closed to strangers since
}

// free gives the slot of an onion back. pool.mu is held.
func (m *member) free(e *entry) {
	if e.slot {
		e.slot = false
		m.slots--
	}
}

// drop forgets an onion that the tor does not have. pool.mu is held.
func (m *member) drop(id string) {
	if e := m.onions[id]; e != nil {
		m.free(e)
		delete(m.onions, id)
	}
}
