package docker

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"onionbot/services"
	"onionbot/services/shim"
)

func TestGroupOfTorReachesOnlyTheSocketsOfTheService(t *testing.T) {
	dir, err := os.MkdirTemp("", "ob")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, group := layout{filepath.Join(dir, "i")}, os.Getgid()
	if group == 0 {
		group = 12345
	}
	if err := l.reset(group); err != nil {
		t.Fatal(err)
	}
	if err := l.placeReport(shim.Report{}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{shim.ControlSocket, shim.InwardSocket, shim.SocketName(80)} {
		path := filepath.Join(l.open(), name)
		s, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		s.(*net.UnixListener).SetUnlinkOnClose(false)
		if err := os.Chmod(path, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // a crash may have it repeated
		if err := l.seal(&services.Definition{Ports: []services.Port{{Onion: 80}}, Inward: 8081}, group); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]os.FileMode{l.dir: 0o710, l.socket(80): 0o666, l.shim(): 0o600, l.inward(): 0o600, l.report(): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want %o", path, info.Mode(), err, want)
		}
	}
}
