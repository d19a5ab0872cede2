package docker

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"onionbot/services"
)

// engine runs a command of the engine's own client.
func engine(t *testing.T, args ...string) error {
	t.Helper()
	return exec.CommandContext(t.Context(), "docker", args...).Run()
}

// stopShim keeps PID 1 of a container from running.
func stopShim(t *testing.T, id string) error {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "docker", "inspect", "-f", "{{.State.Pid}}", containerName(id)).Output()
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		return err
	}
	return syscall.Kill(pid, syscall.SIGSTOP)
}

// gate stands before the real engine, counts what is asked and refuses what it
// is told to.
type gate struct {
	mu     sync.Mutex
	asked  []string
	refuse func(path string) bool
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request, next http.Handler) {
	g.mu.Lock()
	g.asked = append(g.asked, r.Method+" "+r.URL.Path)
	refused := g.refuse != nil && g.refuse(r.URL.Path)
	g.mu.Unlock()
	if refused {
		http.Error(w, `{"message":"layer does not exist"}`, http.StatusInternalServerError)
		return
	}
	next.ServeHTTP(w, r)
}

func (g *gate) set(refuse func(path string) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked, g.refuse = nil, refuse
}

func (g *gate) count() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked
}

// openThrough makes a runtime that reaches the engine through a gate.
func openThrough(t *testing.T) (*Runtime, *gate) {
	t.Helper()
	g := &gate{}
	socket := filepath.Join(t.TempDir(), "d.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "docker"})
	proxy.Transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", "/var/run/docker.sock")
	}}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.ServeHTTP(w, r, proxy) }))
	_ = server.Listener.Close()
	server.Listener = l
	server.Start()
	t.Cleanup(server.Close)
	return openOn(t, "unix://"+socket), g
}

func TestIdleInstancesCostTheEngineOneListPerComparison(t *testing.T) {
	r, g := openThrough(t)
	var ids []string
	for range 4 {
		ids = append(ids, launch(t, r, services.ContainerSpec{Definition: service(t, "site")}).ID)
	}
	g.set(nil)
	const comparisons = 3
	for range comparisons {
		all, err := r.List(t.Context())
		if err != nil || len(all) != len(ids) {
			t.Fatalf("%v, %v", all, err)
		}
		for _, id := range ids { // what each instance's own loop asks
			if c, err := r.Inspect(t.Context(), id); err != nil || c.State != services.ContainerRunning {
				t.Fatalf("%+v, %v", c, err)
			}
		}
	}
	if asked := g.count(); len(asked) != comparisons {
		t.Errorf("the engine was asked %d times: %q", len(asked), asked)
	}
}

func TestContainerThatCannotBeDescribedHidesNoOther(t *testing.T) {
	r, g := openThrough(t)
	bad := launch(t, r, services.ContainerSpec{Definition: service(t, "site"), Deadline: time.Now().Add(time.Second)})
	good := launch(t, r, services.ContainerSpec{Definition: service(t, "site")})
	if err := eventually(func() bool {
		c, err := r.Inspect(t.Context(), bad.ID)
		return err == nil && c.State == services.ContainerExited
	}); err != nil {
		t.Fatal(err)
	}
	g.set(func(path string) bool { return strings.HasSuffix(path, containerName(bad.ID)+"/json") })
	defer g.set(nil)
	all, err := r.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]services.ContainerState)
	for _, c := range all {
		seen[c.ID] = c.State
	}
	if seen[bad.ID] != services.ContainerUnknown || seen[good.ID] != services.ContainerRunning {
		t.Errorf("listed %v", seen)
	}
	if c, err := r.Inspect(t.Context(), bad.ID); err != nil || c.State != services.ContainerUnknown {
		t.Errorf("inspected %+v, %v", c, err)
	}
}
