package tor

import (
	"context"
	"strconv"
	"strings"
)

// learn subscribes to the events and reads what the tor hosts, where its SOCKS
// port is and how far it has bootstrapped.
func (m *member) learn(ctx context.Context, events *session) error {
	kinds := []string{"SETEVENTS", "HS_DESC", "STATUS_CLIENT"}
	if !m.foreign { // a tor of somebody else has streams that are none of ours
		kinds = append(kinds, "STREAM")
	}
	if _, err := events.request(ctx, kinds...); err != nil {
		return err
	}
	return m.link.do(ctx, func(s *session) error {
		ids, err := s.onions(ctx)
		if err != nil {
			return err
		}
		phase, err := s.info(ctx, "status/bootstrap-phase")
		if err != nil {
			return err
		}
		version, err := s.info(ctx, "version")
		if err != nil {
			return err
		}
		if m.foreign {
			if err := m.locate(ctx, s); err != nil {
				return err
			}
		}
		m.pool.mu.Lock()
		defer m.pool.mu.Unlock()
		m.percent, m.pow = progress(phase), hasPoW(version)
		m.merge(ids)
		for _, e := range m.onions {
			if !e.planned { // its upload may have been missed; the probe is the proof
				m.free(e)
				e.published = true
			}
		}
		return nil
	})
}

// locate asks a tor of somebody else for its process and its SOCKS port.
func (m *member) locate(ctx context.Context, s *session) error {
	text, err := s.info(ctx, "process/pid")
	if err != nil {
		return err
	}
	listeners, err := s.info(ctx, "net/listeners/socks")
	if err != nil {
		return err
	}
	m.pool.mu.Lock()
	defer m.pool.mu.Unlock()
	m.pid, _ = strconv.Atoi(text)
	for field := range strings.FieldsSeq(listeners) {
		addr := strings.Trim(field, `"`)
		m.socks = strings.TrimPrefix(addr, "unix:")
		if !strings.HasPrefix(addr, "unix:") {
			return nil // an ordinary port asks for no permission on a file
		}
	}
	return nil
}

// progress reads the percentage out of a bootstrap status.
func progress(status string) int {
	for word := range strings.FieldsSeq(status) {
		if text, ok := strings.CutPrefix(word, "PROGRESS="); ok {
			n, _ := strconv.Atoi(text)
			return n
		}
	}
	return 0
}
