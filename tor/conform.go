package tor

import (
	"context"
	"os"
)

// conform brings a tor that was adopted to the configuration that is wanted
// now. One that hosts nothing is ended, and comes back with it. For another
// the configuration is loaded; if tor refuses that, since not everything can
// change in a running tor, it is emptied as its onions end.
func (m *member) conform(ctx context.Context) error {
	want := m.torrc()
	have, err := os.ReadFile(m.place.torrc)
	if err == nil && string(have) == want {
		return nil
	}
	m.pool.mu.Lock()
	onions, pid := len(m.onions), m.pid
	m.pool.mu.Unlock()
	if onions == 0 {
		m.log.Info("tor is restarted for its new configuration")
		if err := endProcess(ctx, pid, m.place.torrc, true); err != nil {
			return err
		}
		return ErrEnded
	}
	err = m.link.do(ctx, func(s *session) error {
		// SIGNAL RELOAD would end a tor that does not like what it reads;
		// LOADCONF leaves everything as it was.
		_, err := s.send(ctx, "LOADCONF", "+LOADCONF\r\n"+crlf(want)+".")
		return err
	})
	switch {
	case err == nil:
		m.log.Info("tor has its new configuration")
		return os.WriteFile(m.place.torrc, []byte(want), 0o600)
	case refusal(err) != 0:
		m.log.Warn("tor gets its new configuration when its onions have ended", "error", err)
		m.pool.mu.Lock()
		defer m.pool.mu.Unlock()
		m.draining = true
		return nil
	}
	return err
}

// crlf gives each line the end that the control protocol wants.
func crlf(text string) string {
	out := make([]byte, 0, len(text)+32)
	for _, b := range []byte(text) {
		if b == '\n' {
			out = append(out, '\r')
		}
		out = append(out, b)
	}
	return string(out)
}
