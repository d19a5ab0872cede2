package onionstest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"onionbot/services"
)

// step bounds what a conformance test waits for. Real tors need seconds.
const step = 60 * time.Second

// Run tests that what newOnions returns keeps the promises of
// [services.Onions]. It must be ready to publish, and is shared by the
// subtests, each of which removes what it published.
func Run(t *testing.T, newOnions func(t *testing.T) services.Onions) {
	s := &suite{onions: newOnions(t), socket: serve(t)}
	for name, test := range map[string]func(*testing.T){
		"fresh onions differ":                    s.freshOnionsDiffer,
		"what is not there is absent":            s.absent,
		"an onion lives and ends":                s.life,
		"publications of one address are one":    s.joined,
		"what cannot be published is refused":    s.refused,
		"a publication ends with its context":    s.bounded,
		"an address that ended is closed":        s.closed,
		"a service that takes nobody is busy":    s.busy,
		"a probe cut off knows nothing":          s.cutOff,
		"a private onion is closed to strangers": s.private,
		"what strangers can open is removed":     s.exposed,
		"events end with their context":          s.events,
		"a pool that can publish answers ping":   s.ping,
	} {
		t.Run(name, test)
	}
}

type suite struct {
	onions services.Onions
	socket string
}

// serve answers HTTP on a unix socket.
func serve(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ob")
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "unix", socket)
	if err == nil { // tor may run as another user
		err = errors.Join(os.Chmod(dir, 0o711), os.Chmod(socket, 0o666))
	}
	if err != nil {
		t.Fatal(err)
	}
	httpd := &http.Server{ReadHeaderTimeout: step, Handler: http.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })}
	go func() { _ = httpd.Serve(l) }()
	t.Cleanup(func() {
		_ = httpd.Close()
		_ = os.RemoveAll(dir)
	})
	return socket
}

// fresh makes an onion that is removed when the test ends.
func (s *suite) fresh(t *testing.T) services.OnionSpec {
	t.Helper()
	onion, err := s.onions.NewOnion()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), step)
		defer cancel()
		if err := s.onions.Remove(ctx, onion.Address); err != nil {
			t.Errorf("remove: %v", err)
		}
	})
	return services.OnionSpec{
		Onion: onion, Owner: "alice", Targets: []services.OnionTarget{{Port: 80, Socket: s.socket}},
	}
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), step)
	t.Cleanup(cancel)
	return ctx
}

func (s *suite) expect(t *testing.T, address string, want services.OnionState) {
	t.Helper()
	got, err := s.onions.Status(within(t), address)
	if err != nil || got.Address != address || got.State != want {
		t.Errorf("status = %+v, %v; want %q", got, err, want)
	}
	list, err := s.onions.List(within(t))
	if err != nil {
		t.Fatalf("list: %v", err)
	}
	n := 0
	for _, o := range list {
		if o.Address == address {
			n++
			if o.State != want {
				t.Errorf("listed as %q; want %q", o.State, want)
			}
		}
	}
	if there := want != services.OnionAbsent; n > 1 || there != (n == 1) {
		t.Errorf("listed %d times with state %q", n, want)
	}
}

func (s *suite) freshOnionsDiffer(t *testing.T) {
	var seen []string
	for range 10 {
		o, err := s.onions.NewOnion()
		if err != nil {
			t.Fatal(err)
		}
		if len(o.Address) != 62 || !strings.HasSuffix(o.Address, ".onion") || slices.Contains(seen, o.Address) {
			t.Errorf("address %q", o.Address)
		}
		if !strings.HasPrefix(o.Key.Reveal(), "ED25519-V3:") {
			t.Error("the key is not in the form of ADD_ONION")
		}
		seen = append(seen, o.Address)
	}
}

func (s *suite) absent(t *testing.T) {
	spec := s.fresh(t)
	s.expect(t, spec.Onion.Address, services.OnionAbsent)
	if err := s.onions.Remove(within(t), spec.Onion.Address); err != nil {
		t.Errorf("remove: %v", err)
	}
	if err := s.onions.Probe(within(t), spec.Onion, 80, services.ProbeHTTP); !services.IsCode(err, services.CodeClosed) {
		t.Errorf("probe = %v; want the certainty that the address does not open", err)
	}
}

func (s *suite) life(t *testing.T) {
	spec := s.fresh(t)
	for range 2 { // the second one finds it published
		if err := s.onions.Publish(within(t), spec); err != nil {
			t.Fatalf("publish: %v", err)
		}
	}
	s.expect(t, spec.Onion.Address, services.OnionPublished)
	s.until(t, spec, 80, "")
	for range 2 { // the second one finds it removed
		if err := s.onions.Remove(within(t), spec.Onion.Address); err != nil {
			t.Fatalf("remove: %v", err)
		}
	}
	s.expect(t, spec.Onion.Address, services.OnionAbsent)
	if err := s.onions.Publish(within(t), spec); err != nil {
		t.Fatalf("publish once more: %v", err)
	}
	s.expect(t, spec.Onion.Address, services.OnionPublished)
}

func (s *suite) joined(t *testing.T) {
	spec := s.fresh(t)
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if err := s.onions.Publish(within(t), spec); err != nil {
				t.Errorf("publish: %v", err)
			}
		})
	}
	all.Wait()
	s.expect(t, spec.Onion.Address, services.OnionPublished)
}

func (s *suite) refused(t *testing.T) {
	for name, spoil := range map[string]func(*services.OnionSpec){
		"no key":      func(o *services.OnionSpec) { o.Onion.Key = "" },
		"no address":  func(o *services.OnionSpec) { o.Onion.Address = "" },
		"bad address": func(o *services.OnionSpec) { o.Onion.Address = "example.com" },
		"no port":     func(o *services.OnionSpec) { o.Targets = nil },
	} {
		spec := s.fresh(t)
		address := spec.Onion.Address
		spoil(&spec)
		if err := s.onions.Publish(within(t), spec); err == nil {
			t.Errorf("%s: published", name)
		}
		s.expect(t, address, services.OnionAbsent)
	}
}

func (s *suite) bounded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.onions.Publish(ctx, s.fresh(t)); err == nil {
		t.Error("published after its context had ended")
	}
}

func (s *suite) events(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.onions.Events(ctx, func(string) {}) }()
	cancel()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("events = %v", err)
		}
	case <-time.After(step):
		t.Error("events go on after their context")
	}
}

func (s *suite) ping(t *testing.T) {
	if err := s.onions.Ping(within(t)); err != nil {
		t.Error(err)
	}
}
