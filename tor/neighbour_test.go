package tor

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"onionbot/services"
)

func TestWhatKeepsUsFromANeighbourIsSaidWithTheLineThatMendsIt(t *testing.T) {
	dir := t.TempDir()
	stale := filepath.Join(dir, "stale")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: stale})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	_ = l.Close()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cookie, password := newFakeTor(t), newFakeTor(t)
	cookie.script = func(line string) string { return methods(line, `COOKIE,SAFECOOKIE COOKIEFILE="/nonexistent/cookie"`) }
	password.script = func(line string) string { return methods(line, "HASHEDPASSWORD") }
	for _, c := range []struct {
		socket, want string
		code         services.Code
	}{
		{filepath.Join(dir, "none"), "ControlSocket " + filepath.Join(dir, "none") + " GroupWritable", services.CodeUnavailable},
		{stale, "does not run", services.CodeUnavailable},
		{cookie.socket, "CookieAuthFileGroupReadable 1", services.CodeBadConfig},
		{password.socket, "CookieAuthentication 1", services.CodeBadConfig},
	} {
		_, err := Inspect(soon(t), c.socket)
		if !services.IsCode(err, c.code) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", c.socket, err, c.want)
		}
	}
}

// methods answers what a tor asks for before it listens.
func methods(line, auth string) string {
	if !strings.HasPrefix(line, "PROTOCOLINFO") {
		return ""
	}
	return "250-PROTOCOLINFO 1\n250-AUTH METHODS=" + auth + "\n250-VERSION Tor=\"0.4.9.11\"\n250 OK"
}

func TestANeighbourTellsHowFarItGotAndWhoItIs(t *testing.T) {
	f := newFakeTor(t)
	f.script = func(line string) string {
		switch line {
		case "GETINFO process/uid":
			return "250-process/uid=2147418113\n250 OK"
		case "GETINFO status/bootstrap-phase":
			return `250-status/bootstrap-phase=WARN BOOTSTRAP PROGRESS=5 TAG=conn SUMMARY="Connecting" WARNING="Network is unreachable" REASON=NOROUTE` + "\n250 OK"
		}
		return ""
	}
	n, err := Inspect(soon(t), f.socket)
	if err != nil || n.Percent != 5 || n.Problem != "Network is unreachable" || n.Account.UID != 2147418113 {
		t.Fatalf("%+v, %v", n, err)
	}
	who, err := n.Admits()
	switch {
	case os.Geteuid() == 0 && (err != nil || who != n.Account):
		t.Errorf("root hands it the sockets: %+v, %v", who, err)
	case os.Geteuid() != 0 && !services.IsCode(err, services.CodeBadConfig):
		t.Errorf("nobody but root can: %v", err)
	}
	n.Account.UID = os.Geteuid()
	if who, err := n.Admits(); err != nil || who.Other() {
		t.Errorf("our own user: %+v, %v", who, err)
	}
}
