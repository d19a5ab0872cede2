package docker

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"onionbot/services"
)

// keyPair is an ssh key.
type keyPair struct {
	private services.Secret
	signer  ssh.Signer
}

func newHostKey(t *testing.T) keyPair {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return keyPair{services.Secret(pem.EncodeToMemory(block)), signer}
}

// authorized is the line of the public key.
func (k keyPair) authorized() string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(k.signer.PublicKey())))
}

// dialSSH logs in through the container's socket.
func dialSSH(r *Runtime, spec services.ContainerSpec, host, user keyPair) (*ssh.Client, error) {
	conn, err := net.DialTimeout("unix", r.Target(spec.ID, spec.Definition.Ports[0]), patience)
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	c, news, reqs, err := ssh.NewClientConn(conn, "onion", &ssh.ClientConfig{
		User: "onion", Auth: []ssh.AuthMethod{ssh.PublicKeys(user.signer)},
		HostKeyCallback: ssh.FixedHostKey(host.signer.PublicKey()),
	})
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return ssh.NewClient(c, news, reqs), nil
}

func TestShellBehindAnOnion(t *testing.T) {
	r := open(t)
	host, user := newHostKey(t), newHostKey(t)
	spec := launch(t, r, services.ContainerSpec{
		Definition: service(t, "ssh"), HostKey: host.private, SSHKeys: []string{user.authorized()},
	})
	client, err := dialSSH(r, spec, host, user)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if v := string(client.ServerVersion()); strings.Contains(v, "Debian") {
		t.Errorf("the banner tells %q", v)
	}

	t.Run("command", func(t *testing.T) {
		s := session(t, client)
		out, err := s.CombinedOutput("id -un; hostname; echo $SHELL; env | grep -c ONION")
		if got := string(out); !strings.HasPrefix(got, "onion\nonion\n/bin/bash\n0") {
			t.Errorf("%q, %v", got, err)
		}
	})
	t.Run("terminal", func(t *testing.T) { wantTerminal(t, client) })
	t.Run("sftp", func(t *testing.T) {
		s := session(t, client)
		in, _ := s.StdinPipe()
		out, _ := s.StdoutPipe()
		if err := s.RequestSubsystem("sftp"); err != nil {
			t.Fatal(err)
		}
		// SSH_FXP_INIT of version 3 is answered by SSH_FXP_VERSION.
		_, _ = in.Write([]byte{0, 0, 0, 5, 1, 0, 0, 0, 3})
		head := make([]byte, 5)
		if _, err := io.ReadFull(out, head); err != nil || head[4] != 2 {
			t.Errorf("answer %v, %v", head, err)
		}
	})
	t.Run("scp", func(t *testing.T) {
		s := session(t, client)
		s.Stdin = strings.NewReader("C0644 6 hello\nonion\n\x00")
		if out, err := s.Output("scp -t /home/onion/hello"); err != nil || !bytes.Equal(out, []byte{0, 0, 0}) {
			t.Errorf("%q, %v", out, err)
		}
		if out, err := session(t, client).Output("cat /home/onion/hello"); err != nil || string(out) != "onion\n" {
			t.Errorf("%q, %v", out, err)
		}
	})
	t.Run("tools", func(t *testing.T) { wantTools(t, client) })
	t.Run("keys that change", func(t *testing.T) { wantChangedKeys(t, r, spec, host, user) })
	t.Run("no forwarding", func(t *testing.T) {
		if c, err := client.Dial("tcp", "127.0.0.1:2222"); err == nil {
			_ = c.Close()
			t.Error("a port was forwarded")
		}
	})
}

// wantChangedKeys replaces the user's key by another one.
func wantChangedKeys(t *testing.T, r *Runtime, spec services.ContainerSpec, host, user keyPair) {
	t.Helper()
	other := newHostKey(t)
	if err := r.SetKeys(t.Context(), spec.ID, []string{other.authorized()}); err != nil {
		t.Fatal(err)
	}
	c, err := dialSSH(r, spec, host, other)
	if err != nil {
		t.Fatalf("the new key: %v", err)
	}
	_ = c.Close()
	if c, err := dialSSH(r, spec, host, user); err == nil {
		_ = c.Close()
		t.Error("the old key still lets in")
	}
}

// wantTerminal types into an interactive shell.
func wantTerminal(t *testing.T, client *ssh.Client) {
	t.Helper()
	s := session(t, client)
	if err := s.RequestPty("xterm", 24, 80, ssh.TerminalModes{}); err != nil {
		t.Fatal(err)
	}
	s.Stdin = strings.NewReader("tty; stty size; exit\n")
	var out bytes.Buffer
	s.Stdout = &out
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(); err != nil || !strings.Contains(out.String(), "/dev/pts/") || !strings.Contains(out.String(), "24 80") {
		t.Errorf("%v: %q", err, out.String())
	}
}

// wantTools runs what people run in a shell: what the walls refuse must not be
// what tools need.
func wantTools(t *testing.T, client *ssh.Client) {
	t.Helper()
	for _, command := range []string{
		"cd /tmp && mkdir -p a/b && echo hi >a/b/c && tar czf a.tgz a && tar xzOf a.tgz a/b/c && rm -r a a.tgz",
		"cp -a /etc/ssh /tmp/x && find /tmp/x -type f | sort | xargs grep -l Host | sed s/x/y/ | tail -n1 && rm -r /tmp/x",
		"mkfifo /tmp/f && (echo hi >/tmp/f &) && cat /tmp/f && rm /tmp/f", "cat <(echo hi) | tee /tmp/t && mv /tmp/t /tmp/u && ln /tmp/u /tmp/v",
		"df -h /home/onion", "ls -la /proc/self/fd /dev/pts", "date; uptime -p || cat /proc/uptime; nproc; id; uname -a; stat /; du -s /etc/ssh",
		"dd if=/dev/urandom of=/tmp/r bs=64k count=4 && sha256sum /tmp/r", "perl -e 'print fork ? wait : 0'", "timeout 5 sleep 0.1",
		"ssh-keygen -q -t ed25519 -N \"\" -f /tmp/key && ssh -V", "nano --version && less --version", "nice -n 5 true && taskset -p $$ || true",
	} {
		if out, err := session(t, client).CombinedOutput(command); err != nil {
			t.Errorf("%s: %v: %s", command, err, out)
		} else if strings.Contains(string(out), "not permitted") || strings.Contains(string(out), "not implemented") {
			t.Errorf("%s: %s", command, out)
		}
	}
}

func TestShellWantsTheUsersKey(t *testing.T) {
	r := open(t)
	host, user := newHostKey(t), newHostKey(t)
	spec := launch(t, r, services.ContainerSpec{
		Definition: service(t, "ssh"), HostKey: host.private, SSHKeys: []string{user.authorized()},
	})
	if c, err := dialSSH(r, spec, host, newHostKey(t)); err == nil {
		_ = c.Close()
		t.Error("another key got in")
	}
	if c, err := dialSSH(r, spec, newHostKey(t), user); err == nil {
		_ = c.Close()
		t.Error("it has another host key than it was given")
	}
}

// visitSSH connects, and waits for the server's first line.
func visitSSH(t *testing.T, r *Runtime, spec services.ContainerSpec) net.Conn {
	t.Helper()
	conn, err := net.DialTimeout("unix", r.Target(spec.ID, spec.Definition.Ports[0]), patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := io.ReadFull(conn, make([]byte, len("SSH-2.0-"))); err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestIdleVisitorsShutNobodyOutOfTheShell(t *testing.T) {
	r := open(t)
	host, user := newHostKey(t), newHostKey(t)
	spec := launch(t, r, services.ContainerSpec{
		Definition: service(t, "ssh"), HostKey: host.private, SSHKeys: []string{user.authorized()},
	})
	early, err := dialSSH(r, spec, host, user)
	if err != nil {
		t.Fatal(err)
	}
	defer early.Close()
	for range 160 {
		visitSSH(t, r, spec)
	}
	late, err := dialSSH(r, spec, host, user)
	if err != nil {
		t.Fatalf("nobody gets in any more: %v", err)
	}
	defer late.Close()
	for who, client := range map[string]*ssh.Client{"early": early, "late": late} {
		if out, err := session(t, client).Output("echo here"); err != nil || string(out) != "here\n" {
			t.Errorf("%s: %q, %v", who, out, err)
		}
	}
}

func session(t *testing.T, c *ssh.Client) *ssh.Session {
	t.Helper()
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
