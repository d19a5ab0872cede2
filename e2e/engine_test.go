package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// engine is a Docker engine of the test's own, which may be killed.
type engine struct {
	t    *testing.T
	dir  string
	host string
	log  *syncBuffer
	cmd  *exec.Cmd
	done chan struct{}
}

// newEngine starts an engine without a network, with the images of the
// machine's own engine.
func newEngine(t *testing.T) *engine {
	t.Helper()
	dir, err := os.MkdirTemp("", "obd")
	if err != nil {
		t.Fatal(err)
	}
	e := &engine{t: t, dir: dir, host: "unix://" + filepath.Join(dir, "docker.sock"), log: &syncBuffer{}}
	t.Cleanup(func() {
		e.stop(syscall.SIGTERM)
		if t.Failed() {
			t.Logf("the engine's log:\n%s", e.log)
		}
		_ = syscall.Unmount(filepath.Join(dir, "data"), syscall.MNT_DETACH) // a killed engine leaves it
		_ = os.RemoveAll(dir)
	})
	e.start()
	// Not the empty ones: an engine cannot save what has no layer.
	images := strings.Fields(docker(t, "images", "--filter", "reference=onionbot/site", "--filter", "reference=onionbot/ssh", "--format", "{{.Repository}}:{{.Tag}}"))
	save := exec.Command("docker", append([]string{"save"}, images...)...)
	load := exec.Command("docker", "-H", e.host, "load")
	if load.Stdin, err = save.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if err := save.Start(); err != nil {
		t.Fatal(err)
	}
	if out, err := load.CombinedOutput(); err != nil {
		t.Fatalf("load images: %v\n%s", err, out)
	}
	if err := save.Wait(); err != nil {
		t.Fatalf("save images: %v", err)
	}
	return e
}

func (e *engine) start() {
	e.t.Helper()
	e.cmd = exec.Command("dockerd", "--host", e.host, "--data-root", filepath.Join(e.dir, "data"),
		"--exec-root", filepath.Join(e.dir, "exec"), "--pidfile", filepath.Join(e.dir, "pid"),
		"--bridge=none", "--iptables=false", "--ip-forward=false", "--ip-masq=false")
	e.cmd.Stdout, e.cmd.Stderr = e.log, e.log
	// In a network of its own: an engine without a bridge removes the bridge
	// of the machine's engine.
	e.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Cloneflags: syscall.CLONE_NEWNET}
	if err := e.cmd.Start(); err != nil {
		e.t.Fatalf("an engine of its own needs dockerd and root: %v", err)
	}
	done, cmd := make(chan struct{}), e.cmd
	e.done = done
	go func() { defer close(done); _ = cmd.Wait() }()
	wait(e.t, 60*time.Second, "answering: the engine\n"+e.log.String(), func() bool {
		return exec.Command("docker", "-H", e.host, "version").Run() == nil
	})
}

// stop ends the engine: with its containers by SIGTERM, without by SIGKILL.
func (e *engine) stop(how syscall.Signal) {
	if e.cmd == nil {
		return
	}
	_ = e.cmd.Process.Signal(how)
	select {
	case <-e.done:
	case <-time.After(40 * time.Second):
		_ = e.cmd.Process.Kill()
		<-e.done
	}
	e.cmd = nil
	for _, stale := range []string{"pid", "exec/containerd/containerd.pid"} {
		_ = os.Remove(filepath.Join(e.dir, stale))
	}
}

func (e *engine) containers() []string {
	out, err := exec.Command("docker", "-H", e.host, "ps", "-a", "--format", "{{.Names}}").Output()
	if err != nil {
		e.t.Fatal(err)
	}
	return strings.Fields(string(out))
}

// TestEngineIsRestarted stops the engine under a live onion, once as a
// service manager does and once as a crash does.
func TestEngineIsRestarted(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	b := newBot(t, twoUsers)
	b.set("docker", fmt.Sprintf("host = %q", e.host))
	t.Cleanup(func() {
		if e.cmd == nil {
			e.start()
		}
	})
	b.start()
	onion := b.begin("site", "for", "1h")
	mustVisit(t, onion)
	for _, how := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		e.stop(how)
		wait(t, 60*time.Second, "saying that the engine does not answer", func() bool {
			out, _ := b.try("status")
			return strings.Contains(out, "container engine does not answer")
		})
		if how == syscall.SIGKILL {
			mustVisit(t, onion) // its container needs no engine
		}
		e.start()
		wait(t, 120*time.Second, "reachable again", func() bool {
			out, _ := b.try("status", "site")
			return opens(t, onion) && strings.Contains(out, "is reachable") && len(e.containers()) == 1
		})
		if status := b.ctl("status", "site"); !strings.Contains(status, onion) {
			t.Errorf("another address: %s", status)
		}
	}
	b.ctl("stop", "site")
	wait(t, 30*time.Second, "removed", func() bool { return len(e.containers()) == 0 })
	wantDark(t, onion)
}
