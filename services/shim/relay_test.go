package shim

import (
	"bytes"
	"errors"
	"io"
	"net"
	"path/filepath"
	"testing"
	"time"
)

const patience = 10 * time.Second

// relayed is a relay in front of an app on the loopback.
type relayed struct {
	relay  *relay
	ledger *ledger
	path   string
}

func startRelay(t *testing.T, app string) *relayed {
	t.Helper()
	dir := t.TempDir()
	l, err := bind(dir, "80.sock")
	if err != nil {
		t.Fatal(err)
	}
	x := &relayed{ledger: &ledger{}, path: filepath.Join(dir, "80.sock")}
	x.relay = newRelay(x.ledger, newClock(), func() {}, func() {})
	x.relay.listen(l, app)
	t.Cleanup(x.relay.close)
	return x
}

func (x *relayed) visit(t *testing.T) *net.UnixConn {
	t.Helper()
	c, err := net.Dial("unix", x.path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return c.(*net.UnixConn)
}

// serveApp runs handle for each connection to a port of the loopback.
func serveApp(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go handle(c)
		}
	}()
	return l.Addr().String()
}

func TestHalfCloseStillHearsTheAnswer(t *testing.T) {
	app := serveApp(t, func(c net.Conn) {
		defer c.Close()
		b, _ := io.ReadAll(c) // until the visitor ends its side
		_, _ = c.Write(bytes.ToUpper(b))
	})
	c := startRelay(t, app).visit(t)
	sent := bytes.Repeat([]byte("onion "), 100_000)
	go func() {
		_, _ = c.Write(sent)
		_ = c.CloseWrite()
	}()
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, bytes.ToUpper(sent)) {
		t.Fatalf("got %d bytes of %d, %v", len(got), len(sent), err)
	}
}

func TestFirstVisitorWaitsForTheApp(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	app := l.Addr().String()
	_ = l.Close()
	x := startRelay(t, app)
	c := x.visit(t)
	if _, err := c.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if l, err = net.Listen("tcp", app); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	served, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer served.Close()
	got := make([]byte, 5)
	if _, err := io.ReadFull(served, got); err != nil || string(got) != "hello" {
		t.Fatalf("the app read %q, %v", got, err)
	}
	if !x.relay.ready.Load() {
		t.Error("not ready")
	}
}

func TestCloseCutsLiveVisitors(t *testing.T) {
	app := serveApp(t, func(c net.Conn) {
		for {
			if _, err := c.Write(make([]byte, 1024)); err != nil {
				return
			}
		}
	})
	x := startRelay(t, app)
	c := x.visit(t)
	if _, err := io.ReadFull(c, make([]byte, 4096)); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	x.relay.close()
	if _, err := io.Copy(io.Discard, c); errors.Is(err, net.ErrClosed) {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the visitor was cut after %v", took)
	}
	if _, err := net.Dial("unix", x.path); err == nil {
		t.Error("a new visitor was let in")
	}
}

func TestRefusedVisitIsClosedAtOnce(t *testing.T) {
	app := serveApp(t, func(c net.Conn) { _, _ = c.Write([]byte("welcome")); _ = c.Close() })
	x := startRelay(t, app)
	x.ledger.begin(&Go{MaxVisits: 1, Visits: 1, Armed: true}, newClock().now())
	if b, _ := io.ReadAll(x.visit(t)); len(b) != 0 {
		t.Errorf("read %q", b)
	}
}
