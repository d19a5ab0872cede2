package private

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"onionbot/services"
)

// maxLinks is how many symbolic links a path may have, as for the kernel.
const maxLinks = 40

// walk follows a path as the kernel would.
type walk struct {
	whole string // as it was asked for
	owner int    // may own what is on the way, besides root
	links int
	// rootOnly takes nothing of the owner's in a directory such as /tmp, in
	// which anybody may make what is not there yet.
	rootOnly bool
}

// Parents sees that nobody but root and this process's user can put something
// else in the place of a path. The path itself need not be there; if it is, it
// may be somebody else's.
func Parents(path string) error {
	return (&walk{whole: path, owner: os.Geteuid()}).parents(path)
}

func (w *walk) parents(path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return services.Wrap(services.CodeReadOnlyState, err)
	}
	at, rest := "/", strings.Split(strings.Trim(path, "/"), "/")
	for len(rest) > 0 {
		sticky, err := w.directory(at)
		if err != nil || len(rest) == 1 && rest[0] == "" {
			return err
		}
		next := filepath.Join(at, rest[0])
		info, err := os.Lstat(next)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // what is made from here on is ours
		}
		if err != nil {
			return services.Wrap(services.CodeReadOnlyState, err)
		}
		if sticky && (!w.trusts(owner(info)) || w.rootOnly && owner(info) != 0) {
			return refuse("%s belongs to %s, and it is on the way to %s; choose another place", next, name(owner(info)), w.whole)
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			at, rest = next, rest[1:]
			continue
		}
		if at, rest, err = w.follow(at, next, rest[1:]); err != nil {
			return err
		}
	}
	return nil
}

// follow goes on where a link points to.
func (w *walk) follow(at, link string, rest []string) (string, []string, error) {
	if w.links++; w.links > maxLinks {
		return "", nil, refuse("%s has too many symbolic links; choose another place", w.whole)
	}
	target, err := os.Readlink(link)
	if err != nil {
		return "", nil, services.Wrap(services.CodeReadOnlyState, err)
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(at, target)
	}
	return "/", append(strings.Split(strings.Trim(filepath.Clean(target), "/"), "/"), rest...), nil
}

// directory sees that others cannot change what is in a directory, and
// reports whether they may add to it.
func (w *walk) directory(dir string) (sticky bool, err error) {
	info, err := os.Stat(dir)
	if err != nil {
		return false, services.Wrap(services.CodeReadOnlyState, err)
	}
	if !w.trusts(owner(info)) {
		return false, refuse("%s belongs to %s, who could put something else in the place of %s; choose another place",
			dir, name(owner(info)), w.whole)
	}
	if info.Mode().Perm()&0o022 == 0 {
		return false, nil
	}
	if info.Mode()&fs.ModeSticky != 0 {
		return true, nil
	}
	return false, refuse(`others can change %s (mode %04o) and so what is at %s; type "chmod go-w %s", or choose another place`,
		dir, info.Mode().Perm(), w.whole, dir)
}

func (w *walk) trusts(uid int) bool { return uid == 0 || uid == w.owner }

func owner(info fs.FileInfo) int {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(s.Uid)
	}
	return -1
}

// name is how a person knows a user.
func name(uid int) string {
	id := strconv.Itoa(uid)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}
