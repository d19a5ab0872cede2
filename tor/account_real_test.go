package tor_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"onionbot/services"
	"onionbot/tor"
)

// status returns a line of a process's status, without its name.
func (w *world) status(pid int, name string) string {
	w.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		w.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	w.Fatalf("no %s of %d", name, pid)
	return ""
}

// runsAs checks who every tor of the pool runs as, and that it can be nobody else.
func (w *world) runsAs(p *tor.Pool, want int) {
	w.Helper()
	if want == 0 {
		w.Error("root's tor was asked for")
	}
	for _, pid := range p.Pids() {
		for field := range strings.FieldsSeq(w.status(pid, "Uid")) {
			if field != strconv.Itoa(want) {
				w.Errorf("tor %d has the uids %s; want %d", pid, w.status(pid, "Uid"), want)
				break
			}
		}
		for _, name := range []string{"CapEff", "CapPrm"} {
			if caps := strings.Trim(w.status(pid, name), "0"); caps != "" {
				w.Errorf("tor %d has %s %s", pid, name, caps)
			}
		}
		if groups := strings.Fields(w.status(pid, "Groups")); os.Geteuid() == 0 && len(groups) > 0 {
			w.Errorf("tor %d is in the groups %v", pid, groups)
		}
	}
}

func TestTorsRunAsTheAccountAndCannotChangeWhatTheyAreTold(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root runs tor as somebody else")
	}
	w := newWorld(t, 1)
	// As a bot left it that ran its tors as root.
	data := filepath.Join(w.options.StateDir, "t1", "data")
	for _, dir := range []string{data, filepath.Join(data, "keys")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(data, "state"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	first, err := tor.FindAccount("")
	if err != nil {
		t.Fatal(err)
	}
	p := w.open()
	w.runsAs(p, first.UID)
	for name, want := range map[string]int{"t1": 0, "t1/torrc": 0, "t1/data": first.UID, "t1/data/state": first.UID, "t1/run": first.UID} {
		info, err := os.Lstat(filepath.Join(w.options.StateDir, name))
		if err != nil {
			t.Fatal(err)
		}
		if uid := int(info.Sys().(*syscall.Stat_t).Uid); uid != want || info.Mode().Perm()&0o027 != 0 {
			t.Errorf("%s belongs to %d, mode %v; want %d", name, uid, info.Mode(), want)
		}
	}
	spec := w.spec(w.serve())
	w.publish(p, spec)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}

	// A tor of another account goes on for the onion that it has, and no longer.
	w.options.Account = tor.Account{Name: "another", UID: 0x7fff0002, GID: 0x7fff0002}
	second := w.open()
	if s, err := second.Status(w.ctx(), spec.Onion.Address); err != nil || s.State != services.OnionPublished {
		t.Errorf("status after the change = %+v, %v", s, err)
	}
	if err := second.Remove(w.ctx(), spec.Onion.Address); err != nil {
		t.Fatal(err)
	}
	w.eventually("both tors are replaced", func() bool {
		h := second.Health(w.ctx())
		for _, m := range h {
			if !m.Answering || m.Draining || !strings.HasPrefix(w.status(m.PID, "Uid"), strconv.Itoa(w.options.Account.UID)) {
				return false
			}
		}
		return len(h) == 2
	})
	w.runsAs(second, w.options.Account.UID)
}
