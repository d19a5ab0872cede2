package privnet

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

func TestPrivateNetworkServesAnOnion(t *testing.T) {
	t.Parallel()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "hello")
	}))
	defer page.Close()

	n := startNetwork(t, Options{Dir: shortDir(t), Exits: true})
	host := startClient(t, n, "host")
	visitor := httpThrough(t, startClient(t, n, "visitor"))

	for i := range 3 {
		began := time.Now()
		onion := addOnion(t, host, strings.TrimPrefix(page.URL, "http://"))
		if got := fetch(t, visitor, "http://"+onion); got != "hello" {
			t.Fatalf("onion %d says %q", i, got)
		}
		t.Logf("onion %d fetched %v after ADD_ONION", i, time.Since(began).Round(time.Millisecond))
	}

	began := time.Now()
	if got := fetch(t, visitor, page.URL); got != "hello" {
		t.Fatalf("through an exit: %q", got)
	}
	t.Logf("page fetched through an exit in %v", time.Since(began).Round(time.Millisecond))
	measure(t, n)
}

// measure logs what the network costs.
func measure(t *testing.T, n *Network) {
	t.Helper()
	var kib int
	for _, pid := range n.Pids() {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(status)) {
			var rss int
			if _, err := fmt.Sscanf(line, "VmRSS: %d", &rss); err == nil {
				kib += rss
			}
		}
	}
	t.Logf("%d tors, %d MiB resident", len(n.Pids()), kib/1024)
}
