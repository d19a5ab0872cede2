package tor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"onionbot/services"
)

// root skips tests about what only root can do.
func root(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root runs tor as somebody else")
	}
}

func TestTorIsNeverRoots(t *testing.T) {
	root(t)
	who, err := FindAccount("")
	if err != nil || !who.Other() || who.UID == 0 || who.GID == 0 || who.Name == "" {
		t.Errorf("by itself: %+v, %v", who, err)
	}
	for _, name := range []string{"root", "0", "no-such-account", "-1", "99999999999", ""} {
		if who, err := FindAccount(name); name != "" && !services.IsCode(err, services.CodeBadConfig) {
			t.Errorf("%q: %+v, %v", name, who, err)
		}
	}
	if who, err := FindAccount("64123"); err != nil || who.UID != 64123 || who.GID != 64123 {
		t.Errorf("a number: %+v, %v", who, err)
	}
}

func TestOwnUserNeedsNoAccount(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root has to name one")
	}
	if who, err := FindAccount(""); err != nil || who.Other() {
		t.Errorf("%+v, %v", who, err)
	}
	if who, err := FindAccount("root"); !services.IsCode(err, services.CodeBadConfig) {
		t.Errorf("%+v, %v", who, err)
	}
}

func TestAccountPassesWithoutSeeing(t *testing.T) {
	root(t)
	who := Account{Name: "somebody", UID: nobodys, GID: nobodys}
	for _, c := range []struct {
		mode, want os.FileMode
	}{{0o700, 0o710}, {0o711, 0o711}, {0o755, 0o755}} {
		dir := t.TempDir()
		if err := os.Chmod(dir, c.mode); err != nil {
			t.Fatal(err)
		}
		if err := who.Admit(dir); err != nil {
			t.Error(err)
		}
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != c.want {
			t.Errorf("%o became %o", c.mode, info.Mode().Perm())
		}
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := who.Admit(dir); !services.IsCode(err, services.CodeBadConfig) || !strings.Contains(err.Error(), dir) {
		t.Errorf("a directory of another group: %v", err)
	}
}

func TestPoolRefusesDirectoriesThatItsTorsCannotReach(t *testing.T) {
	root(t)
	closed, err := os.MkdirTemp("", "ob") // 0700
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(closed) })
	p, err := Open(soon(t), Options{StateDir: filepath.Join(closed, "a", "b", "c"), RunDir: filepath.Join(closed, "a", "b", "r")})
	if !services.IsCode(err, services.CodeBadConfig) || !strings.Contains(err.Error(), "may not pass through "+closed) {
		t.Errorf("open = %v, %v", p, err)
	}
	if info, err := os.Stat(closed); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("a directory that is not the pool's was opened: %v", info.Mode())
	}
}

func TestDataOfRootsTorChangesHands(t *testing.T) {
	root(t)
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "outside")
	who := Account{Name: "somebody", UID: nobodys, GID: nobodys}
	for _, file := range []string{filepath.Join(dir, "keys", "k"), filepath.Join(dir, "state"), outside} {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := who.ownTree(dir); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{
		dir: nobodys, filepath.Join(dir, "keys"): nobodys, filepath.Join(dir, "keys", "k"): nobodys,
		filepath.Join(dir, "state"): nobodys, outside: 0,
	} {
		if info, err := os.Lstat(path); err != nil || owner(info) != want {
			t.Errorf("%s belongs to %d; want %d", path, owner(info), want)
		}
	}
	trap := t.TempDir()
	if err := os.Link(outside, filepath.Join(trap, "k")); err != nil {
		t.Fatal(err)
	}
	if err := who.ownTree(trap); err == nil {
		t.Error("a file with a second name elsewhere was given away")
	}
}
