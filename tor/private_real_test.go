package tor_test

import (
	"bufio"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"onionbot/services"
	"onionbot/tor"
)

// friend makes a client with a key.
func friend(t *testing.T, name string) (services.Client, *ecdh.PrivateKey) {
	t.Helper()
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return services.Client{Person: name, Key: base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(key.PublicKey().Bytes())}, key
}

// command sends one command to the visitor's tor.
func command(t *testing.T, line string) string {
	t.Helper()
	visitor, err := forgetfulTor()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("unix", visitor.ControlSocket())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	_, _ = fmt.Fprintf(conn, "AUTHENTICATE\r\n%s\r\nQUIT\r\n", line)
	lines := bufio.NewReader(conn)
	_, _ = lines.ReadString('\n')
	answer, _ := lines.ReadString('\n')
	return strings.TrimSpace(answer)
}

// enter opens the onion as somebody with a tor of his own, and this key in it;
// nil for none.
func (w *world) enter(t *testing.T, spec services.OnionSpec, key *ecdh.PrivateKey) error {
	t.Helper()
	id := strings.TrimSuffix(spec.Onion.Address, ".onion")
	if key == nil {
		command(t, "ONION_CLIENT_AUTH_REMOVE "+id)
	} else if a := command(t, "ONION_CLIENT_AUTH_ADD "+id+" x25519:"+base64.StdEncoding.EncodeToString(key.Bytes())); !strings.HasPrefix(a, "25") {
		t.Fatalf("the visitor's tor says %q", a)
	}
	command(t, "SIGNAL NEWNYM")
	visitor, err := forgetfulTor()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := tor.DialSOCKS(w.ctx(), visitor.SOCKSAddr(), rand.Text(), spec.Onion.Address, 80)
	if err == nil {
		_ = conn.Close()
	}
	return err
}

// announced does what comes before a private address is told.
func (w *world) announced(t *testing.T, p *tor.Pool, spec services.OnionSpec) {
	t.Helper()
	w.publish(p, spec)
	w.eventually("strangers are shown to be refused", func() bool {
		err := p.Guard(w.ctx(), spec.Onion, 80)
		if services.IsCode(err, services.CodeExposed) {
			t.Fatal(err)
		}
		return err == nil
	})
	w.probe(p, spec)
	for _, keys := range p.ClientKeys(w.ctx()) {
		if strings.Contains(keys, "x25519:") {
			t.Error("a tor still has the key of the probe")
		}
	}
}

func TestPrivateOnionOpensWithItsKeysOnlyWhateverEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.visitor = forgetfulTor
	p := w.open()
	target := w.serve()
	spec := w.spec(target)
	ana, anasKey := friend(t, "ana")
	bob, bobsKey := friend(t, "bob")
	_, other := friend(t, "mallory")
	spec.Onion.Clients = []services.Client{ana, bob}
	check := func(when string) {
		t.Helper()
		w.eventually("bob gets in "+when, func() bool { return w.enter(t, spec, bobsKey) == nil })
		if w.enter(t, spec, nil) == nil || w.enter(t, spec, other) == nil {
			t.Error("a stranger got in " + when)
		}
	}
	w.announced(t, p, spec)
	check("at first")

	for _, h := range p.Health(w.ctx()) {
		if h.Onions > 0 {
			_ = syscall.Kill(h.PID, syscall.SIGKILL)
		}
	}
	w.eventually("the onion is known as absent", func() bool {
		s, err := p.Status(w.ctx(), spec.Onion.Address)
		return err == nil && s.State == services.OnionAbsent
	})
	w.announced(t, p, spec)
	check("after its tor was killed")

	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	p = w.open()
	if s, err := p.Status(w.ctx(), spec.Onion.Address); err != nil || s.State == services.OnionAbsent || s.Admits != "" || s.Guarded {
		t.Errorf("adopted as %+v, %v", s, err)
	}
	w.announced(t, p, spec)
	check("after a change of the pool")

	_ = w.enter(t, spec, bobsKey)
	w.download(spec)
	spec.Onion.Clients = []services.Client{ana}
	w.announced(t, p, spec)
	w.eventually("bob is cut off", func() bool { return target.visitors.Load() == 0 })
	if err := w.enter(t, spec, bobsKey); err == nil || errors.Is(err, tor.ErrEnded) {
		t.Errorf("bob after he was revoked: %v", err)
	}
	w.eventually("ana gets in", func() bool { return w.enter(t, spec, anasKey) == nil })
}
