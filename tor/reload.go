package tor

import (
	"context"
	"os"
)

// reload brings a tor that was adopted to the configuration that is wanted
// now, and to the account that it should run as. One that hosts nothing is
// ended, and comes back with them. For another the configuration is loaded; if
// tor refuses that, since not everything can change in a running tor, or if it
// runs as somebody else, it is emptied as its onions end.
func (m *member) reload(ctx context.Context) error {
	want := m.torrc()
	have, err := os.ReadFile(m.place.torrc)
	m.pool.mu.Lock()
	onions, pid := len(m.onions), m.pid
	m.pool.mu.Unlock()
	same := uidOf(pid) == m.pool.o.Account.uid()
	if err == nil && string(have) == want && same {
		return nil
	}
	if onions == 0 {
		m.log.Info("tor is restarted for its new configuration")
		if err := endProcess(ctx, pid, m.place.torrc, true); err != nil {
			return err
		}
		return ErrEnded
	}
	if !same {
		m.log.Warn("tor gets its own account when its onions have ended")
		m.drain()
		return nil
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
		return m.place.write(want, m.pool.o.Account)
	case refusal(err) != 0:
		m.log.Warn("tor gets its new configuration when its onions have ended", "error", err)
		m.drain()
		return nil
	}
	return err
}

// drain lets the tor take no new onions; when it has none left it is ended.
func (m *member) drain() {
	m.pool.mu.Lock()
	defer m.pool.mu.Unlock()
	m.draining = true
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
