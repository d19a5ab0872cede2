package tor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
)

// Dialer returns a function that opens TCP connections through a tor of the
// pool, for programs that speak to chat services. Connections with different
// isolation strings never share a circuit, so what one account does cannot be
// joined to what another does. Host names are resolved at the exit. The
// connection may be to an onion address.
func (p *Pool) Dialer(isolation string) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, _, addr string) (net.Conn, error) {
		host, service, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		port, err := strconv.Atoi(service)
		if err != nil {
			return nil, fmt.Errorf("tor: dial: %w", err)
		}
		_, socks := p.SOCKS()
		if socks == "" {
			return nil, unavailable(errors.New("no tor is ready"))
		}
		conn, err := dialSOCKS(ctx, socks, "client-"+isolation, host, port)
		if errors.Is(err, errProxy) {
			return nil, unavailable(err)
		}
		return conn, err
	}
}

// SOCKS returns the SOCKS5 port of a tor that is ready, "unix" and a path or
// "tcp" and host:port; both are empty when there is none. It stays the same
// while that tor is ready. The credentials a client sends isolate its circuits.
func (p *Pool) SOCKS() (network, addr string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.members {
		if m.state == stateUp && m.percent == 100 && m.socks != "" {
			return socksNetwork(m.socks), m.socks
		}
	}
	return "", ""
}
