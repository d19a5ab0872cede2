package e2e

import (
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"onionbot/services"
)

// holdKey gives the visitor's tor the private key for an address.
func holdKey(t *testing.T, onion string, private services.Secret) {
	t.Helper()
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(private.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("unix", shared.visitor.ControlSocket())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	_, _ = fmt.Fprintf(conn, "AUTHENTICATE\r\nONION_CLIENT_AUTH_ADD %s x25519:%s\r\nQUIT\r\n",
		strings.TrimSuffix(onion, ".onion"), base64.StdEncoding.EncodeToString(raw))
	answer := make([]byte, 200)
	for said := ""; !strings.Contains(said, "closing"); {
		n, err := conn.Read(answer)
		if said += string(answer[:n]); err != nil {
			break
		}
		if strings.Contains(said, "\n5") || strings.HasPrefix(said, "5") {
			t.Fatalf("the visitor's tor says %q", said)
		}
	}
}

func TestPrivateSiteOpensToTheKeyAlone(t *testing.T) {
	t.Parallel()
	b := newBot(t, twoUsers)
	b.start()
	if out, err := b.try("start", "site", "private"); err == nil || !strings.Contains(out, "key add onion") {
		t.Errorf("%v: %s", err, out)
	}
	public, private, err := services.NewClientKey()
	if err != nil {
		t.Fatal(err)
	}
	b.ctl("key", "add", "onion", public)
	onion := b.begin("site", "private", "for", "1h")
	if opens(t, onion) {
		t.Fatal("a stranger got in")
	}
	holdKey(t, onion, private)
	if page := mustVisit(t, onion); !strings.Contains(page, "<title>") {
		t.Errorf("page: %.300s", page)
	}
	b.kill()
	b.start()
	wait(t, 90*time.Second, "published anew by another bot", func() bool {
		return strings.Contains(b.ctl("status"), "is reachable") && opens(t, onion)
	})
	b.ctl("stop", "site")
	b.wantNothingLeft(onion)
}
