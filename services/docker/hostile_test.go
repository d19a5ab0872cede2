package docker

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"onionbot/services"
)

// promise is how long after its deadline, or after it is to be removed, nothing
// may be left of a container.
const promise = 5 * time.Second

// hostile is a service that does not want to end: testdata/hostile, in an image
// with nothing in it.
func hostile(t *testing.T, attack string) (d *services.Definition, content string) {
	t.Helper()
	return &services.Definition{
		Name: "hostile", Probe: services.ProbeTCP, Ports: []services.Port{{Onion: 80, App: 8080}},
		Command: []string{"/srv/content/hostile", attack}, Env: []string{"GOMAXPROCS=2"}, Content: "/srv/content",
		Limits:   services.Limits{MemoryBytes: 64 << 20, CPUs: 0.5, PIDs: 128},
		Shutdown: 500 * time.Millisecond,
		Source: services.Source{Digest: "000000000000", Files: map[string][]byte{
			"Dockerfile": []byte("FROM scratch\nCOPY Dockerfile /\n"),
		}},
	}, filepath.Dir(hostileBinary)
}

// hears reads what the app says to a visitor, once it says something.
func hears(t *testing.T, r *Runtime, id string) string {
	t.Helper()
	var text string
	if err := eventually(func() bool {
		conn, err := net.DialTimeout("unix", r.layout(id).socket(80), time.Second)
		if err != nil {
			return false
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(2 * time.Second))
		buf := make([]byte, 1024)
		n, _ := conn.Read(buf)
		text = string(buf[:n])
		return n > 0
	}); err != nil {
		t.Fatal("the app does not answer")
	}
	return text
}

// crowd opens connections and keeps them open: every other one says nothing,
// the rest one byte at a time. The channel is closed when all were closed by
// the other side.
func crowd(t *testing.T, r *Runtime, id string, n int) <-chan struct{} {
	t.Helper()
	left := make(chan struct{}, n)
	for i := range n {
		conn, err := net.DialTimeout("unix", r.layout(id).socket(80), patience)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		go func() {
			defer func() { left <- struct{}{} }()
			if i%2 == 0 {
				_, _ = io.Copy(io.Discard, conn)
				return
			}
			for {
				if _, err := conn.Write([]byte("x")); err != nil {
					return
				}
				time.Sleep(100 * time.Millisecond)
			}
		}()
	}
	all := make(chan struct{})
	go func() {
		defer close(all)
		for range n {
			<-left
		}
	}()
	return all
}

// population counts what runs in a container, PID 1 included.
func population(t *testing.T, id string) int {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "docker", "top", containerName(id), "-o", "pid").Output()
	if err != nil {
		return 0
	}
	return strings.Count(string(out), "\n") - 1
}

// processesOf counts the host's processes that run as the uid.
func processesOf(t *testing.T, user string) int {
	t.Helper()
	uid, _, _ := strings.Cut(user, ":")
	out, err := exec.CommandContext(t.Context(), "ps", "-o", "pid=", "-U", uid).Output()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return strings.Count(string(out), "\n")
}

// wantNothing sees that the engine, the host and the run directory have
// nothing of an instance any more.
func wantNothing(t *testing.T, r *Runtime, id, user string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "docker", "inspect", containerName(id)).CombinedOutput(); err == nil {
		t.Errorf("there still is a container: %s", out)
	}
	if n := processesOf(t, user); n > 0 {
		t.Errorf("%d processes are left", n)
	}
	if _, err := os.Lstat(r.layout(id).dir); err == nil {
		t.Error("its directory is left")
	}
}

// remove removes within the promise.
func remove(t *testing.T, r *Runtime, id string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	began := time.Now()
	if err := r.Remove(ctx, id); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > promise {
		t.Errorf("removed after %v", took)
	}
}

// awaitExit waits for the end of a container and returns its exit code.
func awaitExit(t *testing.T, id string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), life()+patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, "docker", "wait", containerName(id)).Output()
	if err != nil {
		t.Fatal(err)
	}
	code, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	return code
}
