package tor_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"onionbot/tor"
)

// neighbour starts a tor as the account, as a system does that runs its own.
func (w *world) neighbour(who tor.Account) (socket string) {
	w.Helper()
	dir, err := os.MkdirTemp("", "ob")
	if err == nil {
		err = errors.Join(os.Chown(dir, who.UID, who.GID), os.Chmod(dir, 0o700))
	}
	if err != nil {
		w.Fatal(err)
	}
	socket = filepath.Join(dir, "control")
	lines := append([]string{
		"DataDirectory " + filepath.Join(dir, "data"), "SocksPort 127.0.0.1:auto", "CookieAuthentication 1",
		"ControlSocket " + socket, "__OwningControllerProcess " + strconv.Itoa(os.Getpid()),
	}, network(w).TorrcLines()...)
	rc := filepath.Join(dir, "torrc")
	if err := os.WriteFile(rc, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		w.Fatal(err)
	}
	cmd := exec.Command("tor", "--defaults-torrc", os.DevNull, "-f", rc)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(who.UID), Gid: uint32(who.GID)}}
	if err := cmd.Start(); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = os.RemoveAll(dir)
	})
	w.eventually("the tor of somebody else has joined", func() bool {
		n, err := tor.Inspect(w.ctx(), socket)
		return err == nil && n.Percent == 100
	})
	return socket
}

func TestATorOfAnotherUserHostsOnions(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root runs tor as somebody else")
	}
	w := newWorld(t, 1)
	who := tor.Account{Name: "2147418115", UID: 0x7fff0003, GID: 0x7fff0003}
	socket := w.neighbour(who)
	n, err := tor.Inspect(w.ctx(), socket)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := n.Admits(); err != nil || got != who {
		t.Errorf("it runs as %+v, %v", got, err)
	}
	w.options.ControlSockets, w.options.Account = []string{socket}, who
	p := w.open()
	spec := w.spec(w.serve())
	w.publish(p, spec)
	w.probe(p, spec)
}
