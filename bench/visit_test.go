package bench

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/net/proxy"
)

// visits numbers the visitors: each gets circuits of its own.
var visits atomic.Int64

// visit opens the address once, as a new visitor with an own tor.
func visit(ctx context.Context, onion string) error {
	return visitAs(ctx, fmt.Sprint("v", visits.Add(1)), onion)
}

func visitAs(ctx context.Context, name, onion string) error {
	socks, err := proxy.SOCKS5("tcp", shared.visitor.SOCKSAddr(), &proxy.Auth{User: name, Password: "x"}, proxy.Direct)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return socks.(proxy.ContextDialer).DialContext(ctx, network, addr)
		},
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+onion+"/", nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("status %s", resp.Status)
	}
	return nil
}

// visitUntil opens the address until it opens.
func visitUntil(ctx context.Context, onion string) error {
	for {
		err := visit(ctx, onion)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("never opened: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
