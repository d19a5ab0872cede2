package docker

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"onionbot/services"
	"onionbot/services/catalog"
)

const (
	attackers = 500
	// pourers are how many of them say as much as they can: tor carries no more.
	pourers = 64
	// promptly is how long anybody else may wait for a page meanwhile.
	promptly = 3 * time.Second
)

// siege is what hostile visitors do with a connection of theirs, until it ends.
type siege struct {
	name   string
	costly bool // in memory: tried on every service, the others on the site
	attack func(c net.Conn, n int)
}

var sieges = []siege{ //nolint:gochecknoglobals // a table
	{"connections that say nothing", false, func(c net.Conn, _ int) { drain(c) }},
	{"requests that never end", false, func(c net.Conn, _ int) { drip(c, "GET / HTTP/1.1\r\nHost: x\r\nX: ") }},
	{"long requests that never end", false, func(c net.Conn, _ int) { drip(c, "GET / HTTP/1.1\r\nHost: x\r\nX: "+strings.Repeat("a", 900)) }},
	{"bodies that never end", false, func(c net.Conn, _ int) {
		drip(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n")
	}},
	{"readers who do not read", true, func(c net.Conn, _ int) {
		_, _ = io.WriteString(c, "GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n")
		time.Sleep(patience)
	}},
	{"headers without an end", true, func(c net.Conn, n int) {
		if n >= pourers {
			return
		}
		_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n")
		pour(c, "X: "+strings.Repeat("a", 2000)+"\r\n")
	}},
	{"bodies without an end", true, func(c net.Conn, n int) {
		if n >= pourers {
			return
		}
		_, _ = io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000000\r\n\r\n")
		pour(c, strings.Repeat("a", 16<<10))
	}},
	{"a flood of requests", false, func(c net.Conn, n int) {
		if n < pourers { // each as fast as it is answered
			go drain(c)
			pour(c, strings.Repeat("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 16))
		}
	}},
}

func drain(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// drip says a byte twice a second.
func drip(c net.Conn, begin string) {
	_, err := io.WriteString(c, begin)
	for ; err == nil; _, err = io.WriteString(c, "a") {
		time.Sleep(500 * time.Millisecond)
	}
}

// pour says the same for as long as anybody takes it.
func pour(c net.Conn, text string) {
	for range 5000 {
		if _, err := io.WriteString(c, text); err != nil {
			return
		}
	}
}

// lay opens the connections of a siege. The returned function ends it.
func (s siege) lay(t *testing.T, socket string) (end func()) {
	t.Helper()
	var all []net.Conn
	var wait sync.WaitGroup
	for n := range attackers {
		c, err := net.DialTimeout("unix", socket, patience)
		if err != nil {
			t.Fatalf("connection %d: %v", n, err)
		}
		_ = c.SetDeadline(time.Now().Add(patience))
		all = append(all, c)
		wait.Go(func() { s.attack(c, n) })
	}
	return func() {
		for _, c := range all {
			_ = c.Close()
		}
	}
}

// bigContent is a folder with a file that fits into no buffer.
func bigContent(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "current", "big.bin")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	_ = os.Chmod(dir, 0o755)
	f, err := os.Create(file)
	if err == nil {
		err = f.Truncate(64 << 20)
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	if err := os.WriteFile(filepath.Join(dir, "current", "index.html"), []byte("a page"), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// web are the services of the catalogue that are opened in a browser, but those
// whose images are made only when somebody wants them.
func web(t *testing.T) []*services.Definition {
	t.Helper()
	all, err := catalog.Load("")
	if err != nil {
		t.Fatal(err)
	}
	var out []*services.Definition
	for _, d := range all {
		if d.Probe == services.ProbeHTTP && !d.OnDemand {
			out = append(out, d)
		}
	}
	return out
}

func TestHostileVisitorsKeepNobodyFromAPage(t *testing.T) {
	r := open(t)
	other := launch(t, r, services.ContainerSpec{Definition: service(t, "site")})
	for _, d := range web(t) {
		t.Run(d.Name, func(t *testing.T) {
			spec := services.ContainerSpec{Definition: d}
			if d.Content != "" {
				spec.ContentDir = bigContent(t)
			}
			spec = launch(t, r, spec)
			wantPage(t, r, spec, 2*patience) // it is up
			for _, s := range sieges {
				if d.Name != "site" && !s.costly && os.Getenv("ONIONBOT_SOAK") == "" {
					continue
				}
				end := s.lay(t, r.Target(spec.ID, d.Ports[0]))
				time.Sleep(200 * time.Millisecond) // it is under way
				slowest := time.Duration(0)
				for range 3 {
					// How slow the machine is just now shows next door.
					idle := wantPage(t, r, other, promptly)
					slowest = max(slowest, wantPage(t, r, spec, promptly+20*idle))
				}
				t.Logf("%s: a page took at most %v", s.name, slowest.Round(time.Millisecond))
				if end(); t.Failed() {
					t.Fatalf("under %s", s.name)
				}
			}
			c, err := r.Inspect(t.Context(), spec.ID)
			if err != nil || c.State != services.ContainerRunning || c.NoMemory || c.StartedAt.IsZero() {
				t.Errorf("after all of it: %+v, %v", c, err)
			}
		})
	}
}

// wantPage fetches the first page as a new visitor, and returns how long it took.
func wantPage(t *testing.T, r *Runtime, spec services.ContainerSpec, limit time.Duration) time.Duration {
	t.Helper()
	c := browser(r, spec)
	c.Timeout = limit
	began := time.Now()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://site.onion/", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Do(req)
	if err == nil {
		_, err = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		if err == nil && res.StatusCode != http.StatusOK {
			err = fmt.Errorf("status %s", res.Status)
		}
	}
	if err != nil {
		t.Errorf("%s: %v", spec.Definition.Name, err)
	}
	return time.Since(began)
}
