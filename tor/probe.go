package tor

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"onionbot/services"
)

// newnymEvery is how often tor heeds NEWNYM.
const newnymEvery = 10 * time.Second

// checkLimit bounds the question whether the tor that probed is sound.
const checkLimit = 3 * time.Second

// Probe implements [services.Onions]. It is one attempt on a circuit of its
// own, bounded by ctx, through a tor that does not host the onion where there
// is one. An error with [services.CodeUnavailable] means that the attempt says
// nothing, since the tor that made it, or its network, is broken; any other
// error means that the address does not open.
//
// A tor remembers for a quarter of an hour which directories did not have a
// descriptor, and for two minutes which introduction points failed, and does
// not ask again. So the next probe of an address that failed goes through
// another tor, or has the tor forget first (SIGNAL NEWNYM), for which it may
// wait up to ten seconds.
func (p *Pool) Probe(ctx context.Context, addr string, port int, kind services.ProbeKind) error {
	id, err := onionID(addr)
	if err != nil {
		return err
	}
	m, socks, stale := p.prober(id)
	if m == nil {
		return unavailable(errors.New("no tor to probe with is ready"))
	}
	defer p.probed(m)
	if stale {
		if err := m.forget(ctx); err != nil {
			return unavailable(err)
		}
	}
	if err := m.authorize(ctx, id); err != nil {
		return unavailable(err)
	}
	err = attempt(ctx, socks, addr, port, kind)
	m.remember(id, err != nil)
	if err == nil {
		return nil
	}
	if errors.Is(err, socksNoKey) || errors.Is(err, socksWrongKey) {
		return unavailable(err) // it is there, or was; we have no key to see
	}
	if broken := m.sound(ctx, err); broken != nil {
		return unavailable(broken)
	}
	p.mu.Lock()
	home, _ := p.home(id)
	p.mu.Unlock()
	if home == nil {
		p.disown(ctx, id) // it was removed, and is seen to be gone
	}
	return fmt.Errorf("probe: %w", err)
}

// prober chooses the tor with the fewest probes under way, of those that do
// not host the onion. stale reports that it remembers an earlier failure.
func (p *Pool) prober(id string) (best *member, socks string, stale bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	rank := func(m *member) int {
		r := m.probes
		if _, ok := m.tainted[id]; ok {
			r += 1 << 10
		}
		if m.onions[id] != nil {
			r += 1 << 20 // only where there is no other
		}
		return r
	}
	others := false
	for _, m := range p.members {
		others = others || m.onions[id] == nil
		if m.state != stateUp || m.percent < 100 || m.socks == "" {
			continue
		}
		if best == nil || rank(m) < rank(best) {
			best = m
		}
	}
	if best == nil || best.onions[id] != nil && others {
		return nil, "", false // another tor exists, and is not ready
	}
	best.probes++
	_, stale = best.tainted[id]
	return best, best.socks, stale
}

func (p *Pool) probed(m *member) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m.probes--
	p.shrink()
}

// maxTainted bounds what is remembered of failures. Forgetting early costs a
// probe that fails for nothing.
const maxTainted = 4096

// remember takes note of whether the tor has failed to open the onion.
func (m *member) remember(id string, failed bool) {
	m.pool.mu.Lock()
	defer m.pool.mu.Unlock()
	if !failed {
		delete(m.tainted, id)
		return
	}
	if len(m.tainted) >= maxTainted {
		clear(m.tainted)
	}
	m.tainted[id] = struct{}{}
}

// forget makes the tor forget what it knows of onions that it visited. What it
// hosts is not touched.
func (m *member) forget(ctx context.Context) error {
	for {
		m.pool.mu.Lock()
		wait := newnymEvery - time.Since(m.newnym)
		m.pool.mu.Unlock()
		if wait <= 0 {
			break
		}
		if err := pause(ctx, wait); err != nil {
			return fmt.Errorf("wait until tor may forget: %w", err)
		}
	}
	return m.link.do(ctx, func(s *session) error {
		m.pool.mu.Lock()
		recent := time.Since(m.newnym) < newnymEvery // somebody was faster
		m.pool.mu.Unlock()
		if recent {
			return nil
		}
		if _, err := s.request(ctx, "SIGNAL", "NEWNYM"); err != nil {
			return err
		}
		m.pool.mu.Lock()
		defer m.pool.mu.Unlock()
		m.newnym = time.Now()
		clear(m.tainted)
		return nil
	})
}

// sound returns an error if a probe's failure is the prober's own: its SOCKS
// port or control connection does not answer, or it has no network.
func (m *member) sound(ctx context.Context, failed error) error {
	if errors.Is(failed, errProxy) {
		m.look()
		return failed
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkLimit)
	defer cancel()
	return m.link.do(ctx, func(s *session) error {
		for _, key := range []string{"network-liveness", "status/circuit-established"} {
			value, err := s.info(ctx, key)
			if err != nil {
				return err
			}
			if value == "down" || value == "0" {
				return fmt.Errorf("%s has no network", m.name)
			}
		}
		return nil
	})
}

// attempt opens the address and looks for the answer that the kind asks for.
func attempt(ctx context.Context, socks, addr string, port int, kind services.ProbeKind) error {
	conn, err := dialSOCKS(ctx, socks, "probe-"+rand.Text(), addr, port)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	switch kind {
	case services.ProbeHTTP:
		err = greetHTTP(conn, addr)
	case services.ProbeSSH:
		err = greetSSH(conn)
	case services.ProbeTCP:
	default:
		err = fmt.Errorf("unknown kind %q", kind)
	}
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// greetHTTP asks for / and is content with any answer below 500.
func greetHTTP(conn net.Conn, host string) error {
	if _, err := fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nUser-Agent: probe\r\nConnection: close\r\n\r\n", host); err != nil {
		return err
	}
	line, err := firstLine(conn)
	if err != nil {
		return err
	}
	var major, minor, status int
	if _, err := fmt.Sscanf(line, "HTTP/%d.%d %d", &major, &minor, &status); err != nil {
		return errors.New("the answer is not HTTP")
	}
	if status < 100 || status >= 500 {
		return fmt.Errorf("HTTP status %d", status)
	}
	return nil
}

// greetSSH waits for the banner. Lines before it are allowed (RFC 4253, 4.2).
func greetSSH(conn net.Conn) error {
	r := bufio.NewReaderSize(conn, 256)
	for range 20 {
		line, err := r.ReadString('\n')
		if strings.HasPrefix(line, "SSH-") {
			return nil
		}
		if err != nil {
			return fmt.Errorf("no banner of ssh: %w", err)
		}
	}
	return errors.New("no banner of ssh")
}

// firstLine reads one line of at most 256 bytes.
func firstLine(conn net.Conn) (string, error) {
	line, err := bufio.NewReaderSize(conn, 256).ReadSlice('\n')
	if err != nil {
		return "", fmt.Errorf("no answer: %w", err)
	}
	return strings.TrimSpace(string(line)), nil
}
