package tor

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"onionbot/services"
)

// fakeTor speaks the control protocol on a unix socket as tor does, about
// onions that exist only in its memory.
type fakeTor struct {
	t      *testing.T
	socket string
	adds   chan string // each ADD_ONION that was carried out, by id
	said   chan string // each command but GETINFO and ADD_ONION

	mu       sync.Mutex
	listener net.Listener
	conns    map[net.Conn]bool // with events or not
	onions   []string
	circuits []string
	socks    string
	manual   bool                     // uploads come only from upload
	hung     bool                     // nothing is answered
	script   func(line string) string // a reply that replaces the usual one; "hang" for none
	total    int
}

func newFakeTor(t *testing.T) *fakeTor {
	t.Helper()
	dir, err := os.MkdirTemp("", "ob")
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeTor{
		t: t, socket: filepath.Join(dir, "c"), adds: make(chan string, 1000), said: make(chan string, 1000),
		conns: map[net.Conn]bool{}, socks: "127.0.0.1:1",
	}
	f.listen()
	t.Cleanup(func() {
		f.die()
		_ = os.RemoveAll(dir)
	})
	return f
}

func (f *fakeTor) listen() {
	l, err := net.Listen("unix", f.socket)
	if err != nil {
		f.t.Fatal(err)
	}
	f.listener = l
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			f.with(func() { f.conns[conn] = false; f.total++ })
			go f.serve(conn)
		}
	}()
}

func (f *fakeTor) with(fn func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fn()
}

// die ends the tor as a kill does: its onions are gone, nobody listens.
func (f *fakeTor) die() {
	f.mu.Lock()
	defer f.mu.Unlock()
	_ = f.listener.Close()
	for c := range f.conns {
		_ = c.Close()
	}
	f.onions = nil
}

func (f *fakeTor) serve(conn net.Conn) {
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		f.mu.Lock()
		reply := f.reply(conn, lines.Text())
		if !f.hung && reply != "hang" {
			_, _ = conn.Write([]byte(strings.ReplaceAll(reply, "\n", "\r\n") + "\r\n"))
		}
		if id, ok := strings.CutPrefix(reply, "250-ServiceID="); ok && !f.manual {
			f.event(strings.TrimSuffix(id, "\n250 OK"))
		}
		f.mu.Unlock()
	}
}

// upload says that a directory took the descriptor.
func (f *fakeTor) upload(id string) { f.with(func() { f.event(id) }) }

func (f *fakeTor) event(id string) {
	for c, events := range f.conns {
		if events {
			_, _ = fmt.Fprintf(c, "650 HS_DESC UPLOADED %s UNKNOWN $%040d~relay\r\n", id, 7)
		}
	}
}

func (f *fakeTor) reply(conn net.Conn, line string) string {
	if f.hung {
		return "hang"
	}
	if f.script != nil {
		if r := f.script(line); r != "" {
			return r
		}
	}
	words := strings.Fields(line)
	switch words[0] {
	case "GETINFO":
		return f.info(words[1])
	case "ADD_ONION":
		return f.add(words[1])
	}
	f.said <- line
	switch words[0] {
	case "PROTOCOLINFO":
		return "250-PROTOCOLINFO 1\n250-AUTH METHODS=NULL\n250-VERSION Tor=\"0.4.9.11\"\n250 OK"
	case "SETEVENTS":
		f.conns[conn] = true
	case "DEL_ONION":
		if !slices.Contains(f.onions, words[1]) {
			return "552 Unknown Onion Service id"
		}
		f.onions = slices.DeleteFunc(f.onions, func(id string) bool { return id == words[1] })
	case "CLOSECIRCUIT":
		f.circuits = slices.DeleteFunc(f.circuits, func(c string) bool { return strings.HasPrefix(c, words[1]+" ") })
	}
	return "250 OK"
}

func (f *fakeTor) add(key string) string {
	id := idOfKey(f.t, key)
	if slices.Contains(f.onions, id) {
		return "550 Onion address collision"
	}
	f.onions = append(f.onions, id)
	f.adds <- id
	return "250-ServiceID=" + id + "\n250 OK"
}

func (f *fakeTor) info(key string) string {
	value := map[string]string{
		"status/bootstrap-phase":     `NOTICE BOOTSTRAP PROGRESS=100 TAG=done SUMMARY="Done"`,
		"process/pid":                "0",
		"version":                    "0.4.9.11",
		"network-liveness":           "up",
		"status/circuit-established": "1",
		"net/listeners/socks":        `"` + f.socks + `"`,
		"onions/detached":            strings.Join(f.onions, "\n"),
		"circuit-status":             strings.Join(f.circuits, "\n"),
	}[key]
	if strings.Contains(value, "\n") {
		return "250+" + key + "=\n" + value + "\n.\n250 OK"
	}
	return "250-" + key + "=" + value + "\n250 OK"
}

// testOnions remembers which key has which address.
var testOnions sync.Map

func idOfKey(t *testing.T, key string) string {
	id, ok := testOnions.Load(key)
	if !ok {
		t.Errorf("ADD_ONION with a key that no test made")
		return ""
	}
	return id.(string)
}

// testSpec makes a fresh onion.
func testSpec(t *testing.T, owner string) services.OnionSpec {
	t.Helper()
	onion, err := NewOnion()
	if err != nil {
		t.Fatal(err)
	}
	testOnions.Store(onion.Key.Reveal(), strings.TrimSuffix(onion.Address, ".onion"))
	return services.OnionSpec{Onion: onion, Owner: owner, Targets: []services.OnionTarget{{Port: 80, Socket: "/run/x/80.sock"}}}
}

func idOf(spec services.OnionSpec) string { return strings.TrimSuffix(spec.Onion.Address, ".onion") }

// openFakes opens a pool on fake tors.
func openFakes(t *testing.T, o Options, fakes ...*fakeTor) *Pool {
	t.Helper()
	o.StateDir, o.TorPath = t.TempDir(), "/nonexistent/tor"
	o.RunDir = "/tmp"
	for _, f := range fakes {
		o.ControlSockets = append(o.ControlSockets, f.socket)
	}
	p, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// soon bounds a call that must not last.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// take receives what must come.
func take[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(10 * time.Second):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

// background calls publish and returns its outcome.
func background(ctx context.Context, p *Pool, spec services.OnionSpec) <-chan error {
	done := make(chan error, 1)
	go func() { done <- p.Publish(ctx, spec) }()
	return done
}
