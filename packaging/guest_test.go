package packaging

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// guest is a Debian that runs systemd in a container of systemd-nspawn. It uses
// this machine's Docker engine: the directories of the bot have one path in both.
type guest struct {
	t    *testing.T
	root string
	pid  string // of its systemd, seen from here
}

// shared are the paths that the guest and the engine's host have in common.
var shared = []string{"/var/lib/onionbot", "/run/onionbot"}

// bootGuest boots a suite of Debian that ends with the test.
func bootGuest(t *testing.T, suite string) *guest {
	t.Helper()
	g := &guest{t: t, root: filepath.Join(t.TempDir(), suite)}
	host(t, "cp", "-a", "--reflink=auto", base(t, suite), g.root)
	// The engine's socket belongs to a group with a number of this machine.
	host(t, "chroot", g.root, "groupadd", "-f", "-o", "-g", strings.TrimSpace(host(t, "stat", "-c", "%g", "/var/run/docker.sock")), "docker")
	args := []string{
		"-q", "-b", "-D", g.root, "-M", "onionbot-" + suite, "--register=no", "--keep-unit",
		"--resolv-conf=off", "--bind=/var/run/docker.sock:/run/docker.sock",
	}
	makePlaces(t)
	for _, dir := range shared {
		args = append(args, "--bind="+dir)
	}
	var console bytes.Buffer
	cmd := exec.Command("systemd-nspawn", args...)
	cmd.Stdout, cmd.Stderr = &console, &console
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if g.pid != "" {
			_ = exec.Command("nsenter", "-t", g.pid, "-a", "systemctl", "poweroff").Run()
		}
		select {
		case <-ended:
		case <-time.After(30 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
		if t.Failed() {
			t.Log(console.String())
		}
	})
	g.await("the guest's systemd", func() bool {
		out, _ := exec.Command("pgrep", "-P", strconv.Itoa(cmd.Process.Pid)).Output()
		g.pid = strings.TrimSpace(string(out))
		return g.pid != "" && g.try("systemctl", "is-active", "multi-user.target") == nil
	})
	return g
}

// makePlaces makes the directories that the bot has wherever it runs. They are
// those of a real installation, so there must be none.
func makePlaces(t *testing.T) {
	t.Helper()
	for _, dir := range shared {
		if _, err := os.Stat(dir); err == nil {
			t.Fatalf("%s is there already: this test needs it for itself", dir)
		}
		if err := os.MkdirAll(dir, 0o710); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
	}
}

// base is a suite of Debian as debootstrap makes it, kept for the next time.
func base(t *testing.T, suite string) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "onionbot", "guest-"+suite)
	if _, err := os.Stat(filepath.Join(dir, "complete")); err == nil {
		return dir
	}
	host(t, "rm", "-rf", dir)
	host(t, "mkdir", "-p", dir)
	host(t, "debootstrap", "--variant=minbase", "--include=systemd,systemd-sysv,dbus,ca-certificates,procps,tor,man-db",
		suite, dir, strings.TrimSpace(host(t, "sh", "-c", `apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m 1 -E '/debian/$'`)))
	host(t, "touch", filepath.Join(dir, "complete"))
	return dir
}

// host runs a command on this machine.
func host(t *testing.T, command ...string) string {
	t.Helper()
	out, err := output(command...)
	if err != nil {
		t.Fatalf("%s: %v", strings.Join(command, " "), err)
	}
	return out
}

func output(command ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("%w: %s", err, out)
	}
	return string(out), nil
}

// inside is a command in the guest.
func (g *guest) inside(command []string) []string {
	return append([]string{"nsenter", "-t", g.pid, "-a", "--"}, command...)
}

func (g *guest) run(command ...string) string {
	g.t.Helper()
	return host(g.t, g.inside(command)...)
}

func (g *guest) try(command ...string) error {
	_, err := output(g.inside(command)...)
	return err
}

// await asks until the answer is yes.
func (g *guest) await(what string, yes func() bool) {
	g.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !yes(); {
		if time.Now().After(deadline) {
			journal, _ := output(g.inside([]string{"journalctl", "--no-pager", "-n", "60", "-u", "onionbot*"})...)
			g.t.Fatalf("waited in vain for %s: %s", what, journal)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// write makes a file in the guest.
func (g *guest) write(path, text string) {
	g.t.Helper()
	if err := os.WriteFile(filepath.Join(g.root, path), []byte(text), 0o644); err != nil {
		g.t.Fatal(err)
	}
}
