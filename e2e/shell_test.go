package e2e

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// newUserKey makes a user's key pair.
func newUserKey(t *testing.T) ssh.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// sshUser is the part of a configuration with one operator who has the keys.
func sshUser(keys ...ssh.Signer) string {
	var lines []string
	for _, key := range keys {
		lines = append(lines, fmt.Sprintf("%q", strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key.PublicKey())))))
	}
	return fmt.Sprintf(`
[[users]]
name = "ann"
telegram = [1001]
services = ["*"]
max_instances = 5
max_life = "4h"
operator = true
ssh_keys = [%s]
`, strings.Join(lines, ", "))
}

var hostPrint = regexp.MustCompile(`SHA256:[A-Za-z0-9+/]{43}`)

// beginShell starts the ssh service and returns its address and the host
// key's fingerprint, both as the answer tells them.
func (b *bot) beginShell() (onion, fingerprint string) {
	b.t.Helper()
	out := b.ctl("start", "ssh", "for", "30m")
	onion, fingerprint = address(b.t, out), hostPrint.FindString(out)
	if fingerprint == "" || !strings.Contains(out, "torsocks ssh -p 22 onion@"+onion) {
		b.t.Fatalf("the answer lacks the fingerprint or the line to type: %s", out)
	}
	if !strings.Contains(out, "reachable") {
		b.t.Fatalf("start ssh: %s\n%s", out, b.log)
	}
	return onion, fingerprint
}

// login opens an ssh connection to the address through the visitor's tor.
func login(t *testing.T, onion, fingerprint string, auth ssh.AuthMethod) (*ssh.Client, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	conn, err := dial(ctx, t.Name(), onion+":22")
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		return nil, err
	}
	c, chans, reqs, err := ssh.NewClientConn(conn, onion, &ssh.ClientConfig{
		User: "onion", Auth: []ssh.AuthMethod{auth},
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			if got := ssh.FingerprintSHA256(key); got != fingerprint {
				return fmt.Errorf("host key is %s, the answer said %s", got, fingerprint)
			}
			return nil
		},
	})
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return ssh.NewClient(c, chans, reqs), nil
}

func mustLogin(t *testing.T, onion, fingerprint string, key ssh.Signer) *ssh.Client {
	t.Helper()
	client, err := login(t, onion, fingerprint, ssh.PublicKeys(key))
	if err != nil {
		t.Fatalf("login: %v", err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// session is one channel for one program.
func session(t *testing.T, client *ssh.Client) *ssh.Session {
	t.Helper()
	s, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// typeIntoShell works at a terminal as a person does: type, read, type.
func typeIntoShell(t *testing.T, client *ssh.Client) {
	s := session(t, client)
	if err := s.RequestPty("xterm", 24, 80, ssh.TerminalModes{}); err != nil {
		t.Fatal(err)
	}
	in, err := s.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	screen := &syncBuffer{}
	s.Stdout = screen
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	for _, line := range []struct{ typed, shown string }{
		{"echo $((6*7))", "42\r\n"}, {"stty size", "24 80"}, {"tty", "/dev/pts/"},
	} {
		if _, err := io.WriteString(in, line.typed+"\n"); err != nil {
			t.Fatal(err)
		}
		wait(t, 30*time.Second, "answered: "+line.typed+" on\n"+screen.String(), func() bool {
			return strings.Contains(screen.String(), line.shown)
		})
	}
	if _, err := io.WriteString(in, "exit\n"); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(); err != nil {
		t.Errorf("exit: %v", err)
	}
}

func wantFile(t *testing.T, client *ssh.Client, path, want string) {
	t.Helper()
	if out, err := session(t, client).Output("cat " + path); err != nil || string(out) != want {
		t.Errorf("%s: %q, %v", path, out, err)
	}
}

// upload writes a small file by sftp, version 3.
func upload(s *ssh.Session, path, text string) error {
	in, err := s.StdinPipe()
	if err != nil {
		return err
	}
	out, err := s.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.RequestSubsystem("sftp"); err != nil {
		return err
	}
	const (
		initialise, open, closing, write = 1, 3, 4, 6
		status, handle                   = 101, 102
	)
	u32 := func(n int) string { return string(binary.BigEndian.AppendUint32(nil, uint32(n))) }
	str := func(s string) string { return u32(len(s)) + s }
	ask := func(kind byte, body string) (byte, string, error) {
		if _, err := io.WriteString(in, u32(1+len(body))+string(kind)+body); err != nil {
			return 0, "", err
		}
		head := make([]byte, 5)
		if _, err := io.ReadFull(out, head); err != nil {
			return 0, "", err
		}
		rest := make([]byte, binary.BigEndian.Uint32(head)-1)
		_, err := io.ReadFull(out, rest)
		return head[4], string(rest), err
	}
	if kind, _, err := ask(initialise, u32(3)); err != nil || kind != 2 {
		return fmt.Errorf("init: answer %d, %w", kind, err)
	}
	kind, body, err := ask(open, u32(1)+str(path)+u32(0x02|0x08|0x10)+u32(0)) // write, create, truncate
	if err != nil || kind != handle {
		return fmt.Errorf("open: answer %d %q, %w", kind, body, err)
	}
	file := body[8:] // after the request's number and the length
	if kind, body, err = ask(write, u32(2)+str(file)+u32(0)+u32(0)+str(text)); err != nil || kind != status || body[4:8] != u32(0) {
		return fmt.Errorf("write: answer %d %q, %w", kind, body, err)
	}
	if kind, body, err = ask(closing, u32(3)+str(file)); err != nil || kind != status || body[4:8] != u32(0) {
		return fmt.Errorf("close: answer %d %q, %w", kind, body, err)
	}
	return nil
}
