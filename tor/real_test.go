package tor_test

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"onionbot/services"
	"onionbot/services/onionstest"
	"onionbot/tor"
	"onionbot/tor/privnet"
)

// TestMain ends the network that the tests with real tors share.
func TestMain(m *testing.M) {
	code := m.Run()
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

// visitorsTor starts the tor of a visitor, once.
var visitorsTor = sync.OnceValues(func() (*privnet.Client, error) {
	n, err := startNetwork()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return n.StartClient(ctx, "visitor")
})

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
}

func newWorld(t testing.TB, size int) *world {
	t.Helper()
	dir, err := os.MkdirTemp("", "ob")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{TB: t, options: tor.Options{
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
		err = os.Chmod(dir, 0o777) //nolint:gosec // see above
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
		err = errors.Join(os.Chmod(dir, 0o711), os.Chmod(socket, 0o666)) //nolint:gosec // see above
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
		err := p.Probe(ctx, spec.Onion.Address, 80, services.ProbeHTTP)
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
	visitor, err := visitorsTor()
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

func TestPublishedOnionOpensThroughAnotherTorUntilRemoved(t *testing.T) {
	w := newWorld(t, 2)
	p := w.open()
	target := w.serve()
	spec := w.spec(target)
	began := time.Now()
	w.publish(p, spec)
	t.Logf("published after %v", time.Since(began))
	w.probe(p, spec)
	t.Logf("opened after %v", time.Since(began))
	w.publish(p, spec) // again, at once
	cut, count := w.download(spec)

	if err := p.Remove(w.ctx(), spec.Onion.Address); err != nil {
		t.Fatal(err)
	}
	// What is on its way may still arrive. When the visitor's own tor notices
	// is up to the relays between, which on a quiet network hold back the cell
	// that says so; the server's side ends at once.
	w.eventually("the server sees the visitor go", func() bool { return target.visitors.Load() == 0 })
	select {
	case <-cut:
	case <-time.After(300 * time.Millisecond):
	}
	at := count.Load()
	select {
	case <-cut:
	case <-time.After(time.Second): // fifty times the pace of the download
	}
	if count.Load() != at {
		t.Error("the download goes on after the onion was removed")
	}
	if err := p.Remove(w.ctx(), spec.Onion.Address); err != nil {
		t.Errorf("second removal: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	err := p.Probe(ctx, spec.Onion.Address, 80, services.ProbeHTTP)
	if err == nil || services.IsCode(err, services.CodeUnavailable) {
		t.Errorf("probe of a removed onion: %v; want a plain error", err)
	}
	t.Logf("probe of the removed onion: %v", err)
	if list, err := p.List(w.ctx()); err != nil || len(list) != 0 {
		t.Errorf("list = %v, %v; want none", list, err)
	}
}

func TestTorsOutliveThePoolAndAreAdopted(t *testing.T) {
	w := newWorld(t, 2)
	first := w.open()
	pids := first.Pids()
	spec := w.spec(w.serve())
	w.publish(first, spec)
	w.probe(first, spec)
	cut, count := w.download(spec)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	w.options.TorrcInclude = append(w.options.TorrcInclude, "MaxCircuitDirtiness 700")
	began := time.Now()
	second := w.open()
	t.Logf("adopted after %v", time.Since(began))
	status, err := second.Status(w.ctx(), spec.Onion.Address)
	if err != nil || status.State != services.OnionPublished {
		t.Errorf("status after adoption = %+v, %v", status, err)
	}
	w.publish(second, spec)
	w.probe(second, spec)
	at := count.Load()
	w.eventually("the download goes on", func() bool { return count.Load() > at+1000 })
	select {
	case <-cut:
		t.Error("the download was cut by the change of pools")
	default:
	}
	t.Logf("pids %v, then %v", pids, second.Pids())
	if err := second.Shutdown(w.ctx()); err != nil {
		t.Fatal(err)
	}
	for _, pid := range append(pids, second.Pids()...) {
		w.eventually("every tor has ended, and is reaped", func() bool { return syscall.Kill(pid, 0) != nil })
	}
}

func TestKilledTorIsRestartedAndItsOnionsCanBePublishedAgain(t *testing.T) {
	w := newWorld(t, 2)
	p := w.open()
	spec := w.spec(w.serve())
	w.publish(p, spec)
	w.probe(p, spec)
	lost := make(chan struct{}, 100)
	go func() {
		_ = p.Events(w.ctx(), func(addr string) {
			if addr == "" {
				lost <- struct{}{}
			}
		})
	}()
	w.eventually("events flow", func() bool { // the subscription is in place
		for _, h := range p.Health(w.ctx()) {
			if h.Onions > 0 {
				return syscall.Kill(h.PID, syscall.SIGKILL) == nil
			}
		}
		return false
	})
	began := time.Now()
	select {
	case <-lost:
	case <-time.After(10 * time.Second):
		t.Fatal("nobody was told that a tor was lost")
	}
	w.eventually("the onion is known as absent", func() bool {
		s, err := p.Status(w.ctx(), spec.Onion.Address)
		return err == nil && s.State == services.OnionAbsent
	})
	w.publish(p, spec)
	t.Logf("published again %v after the kill", time.Since(began))
	w.probe(p, spec)
	t.Logf("opens again %v after the kill", time.Since(began))
	w.eventually("both tors run", func() bool { return len(p.Pids()) == 2 && p.WaitReady(w.ctx(), nil) == nil })
}

func TestCrowdIsPublishedAtAPaceAndThePoolGrows(t *testing.T) {
	w := newWorld(t, 2)
	w.options.MaxPerTor, w.options.MaxSize, w.options.Window = 6, 3, 3
	p := w.open()
	target := w.serve()
	began := time.Now()
	var crowd sync.WaitGroup
	for range 20 {
		spec := w.spec(target)
		crowd.Go(func() {
			if err := p.Publish(w.ctx(), spec); err != nil {
				t.Errorf("publish: %v", err)
				return
			}
			w.probe(p, spec)
		})
	}
	w.eventually("windows are kept", func() bool {
		for _, h := range p.Health(w.ctx()) {
			if h.Unpublished > 3 {
				t.Errorf("%s has %d unpublished onions", h.Name, h.Unpublished)
			}
		}
		list, err := p.List(w.ctx())
		return err == nil && len(list) == 20
	})
	crowd.Wait()
	t.Logf("20 published and opened after %v", time.Since(began))
	health := p.Health(w.ctx())
	if len(health) != 3 {
		t.Errorf("%d tors; want a third one", len(health))
	}
	for _, h := range health {
		t.Logf("%s: %d onions", h.Name, h.Onions)
	}
	list, err := p.List(w.ctx())
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list {
		if err := p.Remove(w.ctx(), o.Address); err != nil {
			t.Error(err)
		}
	}
	w.eventually("the third tor is ended", func() bool { return len(p.Pids()) == 2 })
}

func TestPoolKeepsThePromises(t *testing.T) {
	w := newWorld(t, 2)
	p := w.open()
	onionstest.Run(t, func(*testing.T) services.Onions { return p })
}

func TestPrivateOnionIsProbedAndClosedToOthers(t *testing.T) {
	w := newWorld(t, 2)
	p := w.open()
	spec := w.spec(w.serve())
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	spec.Onion.Clients = []string{base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(key.PublicKey().Bytes())}
	w.publish(p, spec)
	w.probe(p, spec)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	w.probe(w.open(), spec) // the tors still know the key
	visitor, err := visitorsTor()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tor.DialSOCKS(w.ctx(), visitor.SOCKSAddr(), w.Name(), spec.Onion.Address, 80); err == nil {
		t.Error("a stranger got in")
	}
}
