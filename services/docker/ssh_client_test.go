package docker

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"onionbot/services"
)

// relay listens on loopback for the container's socket, as torsocks stands
// between ssh and an onion.
func relay(t *testing.T, socket string) (port string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("unix", socket)
			if err != nil {
				_ = in.Close()
				continue
			}
			go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
			go func() { _, _ = io.Copy(in, out); _ = in.Close() }()
		}
	}()
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port
}

// writeKey makes a key file for the ssh program, and returns its public line.
func writeKey(t *testing.T, file string) string {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	line, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(line)))
}

func TestTheSSHProgramGetsInWithManyKeysFromAnyTerminal(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("ssh")
	if err != nil {
		t.Skip("no ssh here")
	}
	dir, host := t.TempDir(), newHostKey(t)
	args := []string{"-F", "none", "-o", "IdentityAgent=none", "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"}
	right := ""
	for i := range 9 { // the last is the right one
		file := filepath.Join(dir, fmt.Sprint("key", i))
		right = writeKey(t, file)
		args = append(args, "-i", file)
	}
	r := open(t)
	spec := launch(t, r, services.ContainerSpec{Definition: service(t, "ssh"), HostKey: host.private, SSHKeys: []string{right}})
	args = append(args, "-p", relay(t, r.Target(spec.ID, spec.Definition.Ports[0])), "-tt", "onion@127.0.0.1")
	// An editor that opens is still there when its time is over. An ordinary
	// command has no profile, a shell has.
	const edit = "timeout 0.3 nano; echo edited $?; tput colors"
	for terminal, way := range map[string]string{
		"xterm-kitty": edit, "xterm-ghostty": edit, "wezterm": edit, "alacritty": edit, "foot": edit, "tmux-256color": edit,
		"xterm-from-next-year": edit, "xterm-from-last-year": "bash -ilc '" + edit + "'",
	} {
		t.Run(terminal, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(within(t, patience), program, append(args[:len(args):len(args)], way)...)
			keyboard, hand, err := os.Pipe() // nobody types, and nobody hangs up
			if err != nil {
				t.Fatal(err)
			}
			cmd.Stdin, cmd.Env = keyboard, append(os.Environ(), "TERM="+terminal)
			out, err := cmd.CombinedOutput()
			_, _ = keyboard.Close(), hand.Close()
			if err != nil || !strings.Contains(string(out), "edited 124") {
				t.Errorf("%v\n%.300s", err, out)
			}
		})
	}
}

// within is a context for one step.
func within(t *testing.T, limit time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}
