package e2e

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

func TestShellThroughTor(t *testing.T) {
	t.Parallel()
	key := newUserKey(t)
	b := newBot(t, sshUser(key))
	b.start()
	onion, fingerprint := b.beginShell()
	client := mustLogin(t, onion, fingerprint, key)

	t.Run("command", func(t *testing.T) {
		out, err := session(t, client).Output("id -un")
		if err != nil || string(out) != "onion\n" {
			t.Errorf("%q, %v", out, err)
		}
	})
	t.Run("interactive shell", func(t *testing.T) { typeIntoShell(t, client) })
	t.Run("scp", func(t *testing.T) {
		s := session(t, client)
		s.Stdin = strings.NewReader("C0644 6 hello\nonion\n\x00")
		if out, err := s.Output("scp -t /home/onion/hello"); err != nil || !bytes.Equal(out, []byte{0, 0, 0}) {
			t.Errorf("%q, %v", out, err)
		}
		wantFile(t, client, "/home/onion/hello", "onion\n")
	})
	t.Run("sftp", func(t *testing.T) {
		if err := upload(session(t, client), "/home/onion/up", "by sftp\n"); err != nil {
			t.Fatal(err)
		}
		wantFile(t, client, "/home/onion/up", "by sftp\n")
	})
	t.Run("no forwarding", func(t *testing.T) { wantNoForwarding(t, client) })
	t.Run("nobody else", func(t *testing.T) { wantNobodyElse(t, onion, fingerprint) })
	t.Run("its container is replaced", func(t *testing.T) {
		_ = client.Close()
		b.loseContainers()
		b.awaitRepair("ssh")
		again := mustLogin(t, onion, fingerprint, key)
		if out, err := session(t, again).Output("ls -A /home/onion"); err != nil || strings.Contains(string(out), "hello") {
			t.Errorf("not a fresh one: %q, %v", out, err)
		}
		if status := b.ctl("status", "ssh"); !strings.Contains(status, onion) || !strings.Contains(status, fingerprint) {
			t.Errorf("status: %s", status)
		}
	})
	b.ctl("stop", "ssh")
	b.wantEnded(onion, fingerprint)
}

// wantNoForwarding tries every way out that ssh offers.
func wantNoForwarding(t *testing.T, client *ssh.Client) {
	t.Helper()
	for _, target := range []string{"127.0.0.1:2222", "1.1.1.1:80"} {
		if c, err := client.Dial("tcp", target); err == nil {
			_ = c.Close()
			t.Errorf("a connection to %s was forwarded", target)
		}
	}
	if l, err := client.Listen("tcp", "127.0.0.1:0"); err == nil {
		_ = l.Close()
		t.Error("a port was opened on the other side")
	}
	if c, err := client.Dial("unix", "/onion/sock/shim.sock"); err == nil {
		_ = c.Close()
		t.Error("a connection to a socket was forwarded")
	}
}

// wantNobodyElse tries every way in but the right key.
func wantNobodyElse(t *testing.T, onion, fingerprint string) {
	t.Helper()
	for name, auth := range map[string]ssh.AuthMethod{
		"another key": ssh.PublicKeys(newUserKey(t)),
		"a password":  ssh.Password("onion"),
		"an answer": ssh.KeyboardInteractive(func(_, _ string, questions []string, _ []bool) ([]string, error) {
			return make([]string, len(questions)), nil
		}),
	} {
		c, err := login(t, onion, fingerprint, auth)
		if err == nil {
			_ = c.Close()
			t.Errorf("%s opens the door", name)
		} else if !strings.Contains(err.Error(), "unable to authenticate") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestShellWithoutKeysIsNotStarted(t *testing.T) {
	t.Parallel()
	b := newBot(t, sshUser())
	b.start()
	out, err := b.try("start", "ssh", "for", "30m")
	if err == nil || !strings.Contains(out, "key") || onionAddress.MatchString(out) {
		t.Errorf("%v: %s", err, out)
	}
	if left := b.containers(); len(left) > 0 {
		t.Errorf("it was started: %v", left)
	}
}
