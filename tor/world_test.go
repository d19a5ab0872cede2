package tor_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"onionbot/services"
	"onionbot/tor"
	"onionbot/tor/privnet"
)

// TestMain starts the network that the tests with real tors share, while those
// without run, and ends it. The former wait for tors most of the time, so more of
// them run at once than there are processors.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "5"); err != nil {
		panic(err)
	}
	all := flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.list").Value.String() == ""
	if all {
		go func() { _, _ = startNetwork() }() // who needs it gets the error
	}
	code := m.Run()
	if all {
		_, _ = startNetwork() // it may still be under way
	}
	if n := theNetwork.Load(); n != nil {
		if err := n.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "close the network:", err)
			code = 1
		}
	}
	os.Exit(code)
}

var (
	theNetwork   atomic.Pointer[privnet.Network]
	startNetwork = sync.OnceValues(func() (*privnet.Network, error) {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		n, err := privnet.Start(ctx, privnet.Options{})
		theNetwork.Store(n)
		return n, err
	})
)

// Two visitors' tors, each started once: one that keeps its circuits, and one
// that is told to forget them again and again.
var (
	visitorsTor  = sync.OnceValues(func() (*privnet.Client, error) { return startClient("visitor") })
	forgetfulTor = sync.OnceValues(func() (*privnet.Client, error) { return startClient("forgetful") })
)

func startClient(name string) (*privnet.Client, error) {
	n, err := startNetwork()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return n.StartClient(ctx, name)
}

// network returns the private Tor network of this test binary.
func network(t testing.TB) *privnet.Network {
	t.Helper()
	n, err := startNetwork()
	if err != nil {
		t.Fatalf("start a private network: %v", err)
	}
	return n
}

// world is a state directory for pools on the private network. Whatever a test
// leaves running in it ends with the test.
type world struct {
	testing.TB
	options tor.Options
	visitor func() (*privnet.Client, error) // whose tor downloads
}

func newWorld(t testing.TB, size int) *world {
	t.Helper()
	dir, err := os.MkdirTemp("", "ob")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{TB: t, visitor: visitorsTor, options: tor.Options{
		StateDir: dir, Size: size, TorrcInclude: network(t).TorrcLines(), Logger: logger(t),
	}}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := tor.EndAll(ctx, dir); err != nil {
			t.Error(err)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return w
}

// shared makes a directory that the account of the tors may write to.
func (w *world) shared() string {
	w.Helper()
	dir, err := os.MkdirTemp("", "ob")
	if err == nil {
		err = os.Chmod(dir, 0o777)
	}
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// logger writes what tests log; tests may end before a goroutine has logged.
func logger(t testing.TB) *slog.Logger {
	if !testing.Verbose() {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(os.Stderr, nil)).With("test", t.Name())
}

// open opens the pool and waits until all of it has bootstrapped.
func (w *world) open() *tor.Pool {
	w.Helper()
	p, err := tor.Open(w.ctx(), w.options)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		if err := p.Close(); err != nil {
			w.Error(err)
		}
	})
	if err := p.WaitReady(w.ctx(), nil); err != nil {
		w.Fatalf("not ready: %v: %+v", err, p.Health(w.ctx()))
	}
	return p
}

// ctx bounds one step of a test.
func (w *world) ctx() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	w.Cleanup(cancel)
	return ctx
}

// server is what the onions stand in front of.
type server struct {
	services.OnionTarget
	visitors *atomic.Int64 // downloads under way
}

// serve serves HTTP on a unix socket: "hello" at /, an endless download at
// /endless.
func (w *world) serve() server {
	w.Helper()
	dir, err := os.MkdirTemp("", "ob")
	if err != nil {
		w.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	l, err := net.Listen("unix", socket)
	if err == nil { // for the account that tors run as
		err = errors.Join(os.Chmod(dir, 0o711), os.Chmod(socket, 0o666))
	}
	if err != nil {
		w.Fatal(err)
	}
	visitors := new(atomic.Int64)
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, "hello") })
	mux.HandleFunc("/endless", func(rw http.ResponseWriter, r *http.Request) {
		visitors.Add(1)
		defer visitors.Add(-1)
		for r.Context().Err() == nil {
			if _, err := rw.Write(make([]byte, 100)); err != nil {
				return
			}
			_ = http.NewResponseController(rw).Flush()
			time.Sleep(20 * time.Millisecond) // the pace of the download
		}
	})
	httpd := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _ = httpd.Serve(l) }()
	w.Cleanup(func() {
		_ = httpd.Close()
		_ = os.RemoveAll(dir)
	})
	return server{services.OnionTarget{Port: 80, Socket: socket}, visitors}
}

// spec makes a fresh onion in front of the target.
func (w *world) spec(target server) services.OnionSpec {
	w.Helper()
	onion, err := tor.NewOnion()
	if err != nil {
		w.Fatal(err)
	}
	return services.OnionSpec{Onion: onion, Targets: []services.OnionTarget{target.OnionTarget}, Owner: "alice"}
}

func (w *world) publish(p *tor.Pool, spec services.OnionSpec) {
	w.Helper()
	if err := p.Publish(w.ctx(), spec); err != nil {
		w.Fatalf("publish: %v: %+v", err, p.Health(w.ctx()))
	}
}

// probe probes until the address opens: an upload is not yet reachability.
func (w *world) probe(p *tor.Pool, spec services.OnionSpec) {
	w.Helper()
	// As its callers do: attempts of their own length, repeated. One attempt
	// may wait for a descriptor that this tor asked for too early.
	over := time.Now().Add(2 * time.Minute)
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		err := p.Probe(ctx, spec.Onion, 80, services.ProbeHTTP)
		cancel()
		if err == nil {
			return
		}
		if time.Now().After(over) {
			w.Errorf("probe: %v", err)
			return
		}
		w.Logf("probe: %v", err)
		if services.IsCode(err, services.CodeUnavailable) {
			time.Sleep(100 * time.Millisecond) // the other tor is on its way
		}
	}
}

// download opens /endless as a visitor with a tor of his own and returns a
// channel that is closed when it is cut, and a counter of bytes.
func (w *world) download(spec services.OnionSpec) (<-chan struct{}, *atomic.Int64) {
	w.Helper()
	visitor, err := w.visitor()
	if err != nil {
		w.Fatal(err)
	}
	conn, err := tor.DialSOCKS(w.ctx(), visitor.SOCKSAddr(), w.Name(), spec.Onion.Address, 80)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, "GET /endless HTTP/1.0\r\n\r\n"); err != nil {
		w.Fatal(err)
	}
	cut, count := make(chan struct{}), new(atomic.Int64)
	go func() {
		defer close(cut)
		buf := make([]byte, 1000)
		for {
			n, err := conn.Read(buf)
			count.Add(int64(n))
			if err != nil {
				return
			}
		}
	}()
	w.eventually("the download runs", func() bool { return count.Load() > 1000 })
	return cut, count
}

// eventually waits for something outside this process to become true.
func (w *world) eventually(what string, is func() bool) {
	w.Helper()
	for end := time.Now().Add(40 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			w.Fatalf("never: %s", what)
		}
	}
}
