package tor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"onionbot/services"
)

// Account is who the managed tors run as. The zero value is this process's own
// user, which [FindAccount] returns for everybody but root.
type Account struct {
	Name     string // for people
	UID, GID int
}

// usual are the accounts that distributions make for tor.
func usual() []string { return []string{"debian-tor", "_tor", "toranon", "tor"} }

// nobodys is the uid and gid of tors where no account is made for them: a
// number that no distribution, container engine or directory service gives to
// anybody.
const nobodys = 0x7fff0001

// FindAccount returns the account for managed tors: that of the name, or with
// an empty name the one that the distribution has made for tor, or a number
// that is nobody's. A name may be a number. tor never runs as root, and only
// root can run it as somebody else.
func FindAccount(name string) (Account, error) {
	if os.Geteuid() != 0 {
		if a, err := lookUp(name); name != "" && (err != nil || a.UID != os.Geteuid()) {
			return Account{}, services.E(services.CodeBadConfig, "problem", "only root can run tor as "+name+"; remove tor.user")
		}
		return Account{}, nil
	}
	if name != "" {
		a, err := lookUp(name)
		if err == nil && (a.UID == 0 || a.GID == 0) {
			err = services.E(services.CodeBadConfig, "problem", "tor does not run as root; name another account in tor.user")
		}
		return a, err
	}
	for _, name := range usual() {
		if a, err := lookUp(name); err == nil && a.UID != 0 && a.GID != 0 {
			return a, nil
		}
	}
	return Account{Name: strconv.Itoa(nobodys), UID: nobodys, GID: nobodys}, nil
}

// lookUp finds an account by its name or number. A number needs no account.
func lookUp(name string) (Account, error) {
	if n, err := strconv.ParseUint(name, 10, 31); err == nil {
		return Account{Name: name, UID: int(n), GID: int(n)}, nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		return Account{}, services.Wrap(services.CodeBadConfig, err, "problem", "there is no account "+name+", which tor.user names")
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	return Account{Name: name, UID: uid, GID: gid}, errors.Join(err1, err2)
}

// Other reports whether it is somebody else than this process.
func (a Account) Other() bool { return a.UID != 0 }

// uid is the number that tors of this account run under.
func (a Account) uid() int {
	if a.Other() {
		return a.UID
	}
	return os.Geteuid()
}

// credential is for the start of a process, nil for our own.
func (a Account) credential() *syscall.Credential {
	if !a.Other() {
		return nil
	}
	return &syscall.Credential{Uid: uint32(a.UID), Gid: uint32(a.GID)}
}

// own gives a file to the account.
func (a Account) own(path string) error {
	if !a.Other() {
		return nil
	}
	return os.Lchown(path, a.UID, a.GID)
}

// ownTree gives a directory and all in it to the account, which a tor that ran
// as somebody else, root for one, has filled. The directory itself comes last:
// once it has changed hands, everything has.
func (a Account) ownTree(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil || !a.Other() || owner(info) == a.UID {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	err = fs.WalkDir(root.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == "." {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if s, ok := info.Sys().(*syscall.Stat_t); ok && s.Nlink > 1 && !d.IsDir() {
			return fmt.Errorf("%s in %s has a second name elsewhere", path, dir)
		}
		return root.Lchown(path, a.UID, a.GID)
	})
	return errors.Join(err, a.own(dir))
}

func owner(info fs.FileInfo) int {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(s.Uid)
	}
	return -1
}

// Admit lets the account pass through a directory that is ours alone, or was
// opened so for an earlier account, without letting it see what is there.
func (a Account) Admit(dir string) error {
	info, err := os.Stat(dir)
	if err != nil || a.passes(info) {
		return err
	}
	if owner(info) != os.Geteuid() || info.Mode().Perm()&0o067 != 0 {
		return a.shutOut(dir)
	}
	return errors.Join(os.Chown(dir, -1, a.GID), os.Chmod(dir, 0o710)) //nolint:gosec // for this group to pass
}

// reach fails if there is a directory on the way that the account cannot pass.
func (a Account) reach(dir string) error {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	for at := range ancestors(dir) {
		info, err := os.Stat(at)
		if err != nil {
			return err
		}
		if !a.passes(info) {
			return a.shutOut(at)
		}
	}
	return nil
}

// ancestors are the directories from the root to dir, both included.
func ancestors(dir string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for i, c := range dir {
			if c == '/' && i > 0 && !yield(dir[:i]) {
				return
			}
		}
		yield(strings.TrimRight(dir, "/") + "/")
	}
}

// passes reports whether the account may pass through the directory.
func (a Account) passes(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !a.Other() {
		return true
	}
	switch mode := info.Mode().Perm(); {
	case int(s.Uid) == a.UID:
		return mode&0o100 != 0
	case int(s.Gid) == a.GID:
		return mode&0o010 != 0
	default:
		return mode&0o001 != 0
	}
}

func (a Account) shutOut(dir string) error {
	return services.E(services.CodeBadConfig, "problem", fmt.Sprintf(
		"tor runs as %s, who may not pass through %s; move state_dir and run_dir, or name another account in tor.user", a.Name, dir))
}
