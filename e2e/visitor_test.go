package e2e

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"golang.org/x/net/proxy"
)

// dial connects to an onion as a visitor does, through a tor that is not the
// bot's. Each isolation gets circuits of its own.
func dial(ctx context.Context, isolation, address string) (net.Conn, error) {
	auth := &proxy.Auth{User: isolation, Password: "x"}
	socks, err := proxy.SOCKS5("tcp", shared.visitor.SOCKSAddr(), auth, proxy.Direct)
	if err != nil {
		return nil, err
	}
	return socks.(proxy.ContextDialer).DialContext(ctx, "tcp", address)
}

// visit opens the address as a browser would and returns the page.
func visit(ctx context.Context, isolation, onion string) (string, error) {
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
			return dial(ctx, isolation, addr)
		},
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+onion+"/", nil)
	if err != nil {
		return "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("status %s", resp.Status)
	}
	return string(body), nil
}

// mustVisit opens the address at once: it was called reachable.
func mustVisit(t *testing.T, onion string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	page, err := visit(ctx, t.Name(), onion)
	if err != nil {
		t.Fatalf("visit: %v", err)
	}
	return page
}

// opens tries the address once.
func opens(t *testing.T, onion string) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	_, err := visit(ctx, t.Name(), onion)
	return err == nil
}

// opensAnew tries the address once on circuits of its own, as a visitor does
// who asks Tor Browser for a new circuit for the site: a tor that was visiting
// when the onion's tor died can wait on the old circuits for minutes.
func opensAnew(t *testing.T, onion string) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	_, err := visit(ctx, rand.Text(), onion)
	return err == nil
}

// wantDark sees that the address does not open, for a visitor who has been
// there and for one who has not.
func wantDark(t *testing.T, onion string) {
	t.Helper()
	for _, isolation := range []string{t.Name(), t.Name() + "-fresh"} {
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		_, err := visit(ctx, isolation, onion)
		cancel()
		if err == nil {
			t.Fatal("the address still opens")
		}
	}
}

// askOn asks for a page every few seconds, as long as the connection lives: a
// web server does not wait for ever for somebody who says nothing.
func askOn(conn net.Conn) {
	for {
		if _, err := io.WriteString(conn, "GET /held HTTP/1.1\r\nHost: held\r\n\r\n"); err != nil {
			return
		}
		time.Sleep(5 * time.Second)
	}
}

// hold opens a connection that stays open, and returns a channel that gets
// the moment it is cut.
func hold(t *testing.T, onion string, port int) <-chan time.Time {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	conn, err := dial(ctx, t.Name()+"-hold", fmt.Sprintf("%s:%d", onion, port))
	if err != nil {
		t.Fatalf("hold: %v", err)
	}
	t.Cleanup(func() { conn.Close() })
	if port == 80 {
		go askOn(conn)
	}
	cut := make(chan time.Time, 1)
	go func() {
		buf := make([]byte, 1024)
		for {
			if _, err := conn.Read(buf); err != nil {
				if !errors.Is(err, net.ErrClosed) {
					cut <- time.Now()
				}
				return
			}
		}
	}()
	return cut
}
