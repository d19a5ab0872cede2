package privnet

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/proxy"
)

// bootLimit is generous: it has to hold on a machine that is busy with other
// tests.
const bootLimit = 100 * time.Second

// shortDir returns the path of a directory that does not exist yet, short
// enough for unix sockets whatever the name of the test is.
func shortDir(t *testing.T) string {
	t.Helper()
	parent, err := os.MkdirTemp("", "pn")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(parent) })
	return filepath.Join(parent, "n")
}

// startNetwork starts a network that ends with the test.
func startNetwork(t *testing.T, o Options) *Network {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), bootLimit)
	defer cancel()
	o.Logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	began := time.Now()
	n, err := Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	t.Logf("network up after %v", time.Since(began).Round(time.Millisecond))
	return n
}

func startClient(t *testing.T, n *Network, name string) *Client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), bootLimit)
	defer cancel()
	began := time.Now()
	c, err := n.StartClient(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("client %s up after %v", name, time.Since(began).Round(time.Millisecond))
	return c
}

// addOnion has a client host an onion service whose port 80 is the given
// address, and returns its host name. The service lives as long as the test.
func addOnion(t *testing.T, c *Client, target string) string {
	t.Helper()
	conn, err := net.Dial("unix", c.ControlSocket())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	fmt.Fprintf(conn, "AUTHENTICATE\r\nADD_ONION NEW:ED25519-V3 Flags=DiscardPK Port=80,%s\r\n", target)
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		if id, ok := strings.CutPrefix(lines.Text(), "250-ServiceID="); ok {
			return id + ".onion"
		}
		if !strings.HasPrefix(lines.Text(), "250") {
			t.Fatal("tor says", lines.Text())
		}
	}
	t.Fatal("no ServiceID:", lines.Err())
	return ""
}

// httpThrough returns an HTTP client whose connections go through Tor.
func httpThrough(t *testing.T, c *Client) *http.Client {
	t.Helper()
	dialer, err := proxy.SOCKS5("tcp", c.SOCKSAddr(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{
		DialContext:       dialer.(proxy.ContextDialer).DialContext,
		DisableKeepAlives: true,
	}
	return &http.Client{Transport: transport, Timeout: 15 * time.Second}
}

// fetch gets a page, again and again until the deadline.
func fetch(t *testing.T, client *http.Client, url string) string {
	t.Helper()
	deadline := time.Now().Add(45 * time.Second)
	for {
		body, err := fetchOnce(client, url)
		if err == nil {
			return body
		}
		if time.Now().After(deadline) {
			t.Fatal("fetch:", err)
		}
	}
}

func fetchOnce(client *http.Client, url string) (string, error) {
	resp, err := client.Get(url)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(resp.Body)
	return string(body), errors.Join(err, resp.Body.Close())
}

// torsIn returns the ids of the processes that have the directory in their
// command line, zombies not counted.
func torsIn(t *testing.T, dir string) []int {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(line), dir+"/") {
			continue
		}
		if pid, err := strconv.Atoi(strings.Split(file, "/")[2]); err == nil && pid != os.Getpid() {
			pids = append(pids, pid)
		}
	}
	return pids
}

// awaitNoTors fails the test when tors of the directory live on.
func awaitNoTors(t *testing.T, dir string, limit time.Duration) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for {
		pids := torsIn(t, dir)
		if len(pids) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d tors of %s are still alive", len(pids), dir)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
