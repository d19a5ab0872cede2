package share

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"onionbot/services/app/events"
	"onionbot/services/app/page"
	"onionbot/services/app/server"
)

const patience = 20 * time.Second

// stand is a share with a server, and its visitors' way to it.
type stand struct {
	t      *testing.T
	share  *share
	dir    string
	url    string
	rev    int
	counts chan struct{}
}

func newStand(t *testing.T, left int, files map[string]string) *stand {
	t.Helper()
	x := &stand{t: t, dir: t.TempDir(), counts: make(chan struct{}, 1000)}
	x.share = newShare(x.dir, events.NewWriter(nil, left))
	x.share.tally = newTally(left, func() { x.counts <- struct{}{} })
	x.share.until = func() string { return "Monday" }
	if files != nil {
		x.show(files)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := server.New(x.share, page.Policy())
	go func() { _ = s.Serve(server.Listener(l)) }()
	t.Cleanup(func() { _ = s.Close() })
	x.url = "http://" + l.Addr().String()
	return x
}

// show makes files the ones that are shown, as the bot does.
func (x *stand) show(files map[string]string) {
	x.t.Helper()
	x.rev++
	site := filepath.Join(x.dir, strconv.Itoa(x.rev), "site")
	for name, text := range files {
		path := filepath.Join(site, name)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			x.t.Fatal(err)
		}
	}
	next := filepath.Join(x.dir, "next")
	err := os.Symlink(strconv.Itoa(x.rev)+"/site", next)
	if err == nil {
		err = os.Rename(next, filepath.Join(x.dir, "current"))
	}
	if err != nil {
		x.t.Fatal(err)
	}
}

// ask sends a request and returns the answer with its body unread.
func (x *stand) ask(method, path string, header ...string) *http.Response {
	x.t.Helper()
	req, err := http.NewRequestWithContext(x.t.Context(), method, x.url+path, nil)
	if err != nil {
		x.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := (&http.Transport{DisableKeepAlives: true, DisableCompression: true}).RoundTrip(req)
	if err != nil {
		x.t.Fatal(err)
	}
	return res
}

// get is what a visitor gets who waits for all of it.
func (x *stand) get(path string, header ...string) (*http.Response, []byte) {
	x.t.Helper()
	res := x.ask(http.MethodGet, path, header...)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		x.t.Fatalf("%s: %v", path, err)
	}
	return res, body
}

// breakOff gets the first n bytes and hangs up.
func (x *stand) breakOff(path string, n int, header ...string) []byte {
	x.t.Helper()
	res := x.ask(http.MethodGet, path, header...)
	body := make([]byte, n)
	if _, err := io.ReadFull(res.Body, body); err != nil {
		x.t.Fatal(err)
	}
	_ = res.Body.Close()
	return body
}

// wantCounts waits for so many counts, and then a while for one too many.
func (x *stand) wantCounts(n int) {
	x.t.Helper()
	for i := range n {
		select {
		case <-x.counts:
		case <-time.After(patience):
			x.t.Fatalf("%d counted, want %d", i, n)
		}
	}
	select {
	case <-x.counts:
		x.t.Fatalf("more than %d counted", n)
	case <-time.After(50 * time.Millisecond):
	}
}

// big is a file that does not fit into what the kernel holds for a visitor.
func big(seed int) string {
	return strings.Repeat(fmt.Sprintf("%d of the parts, ", seed), 12<<20/16)
}
