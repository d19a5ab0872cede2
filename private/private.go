// Package private looks after the places that are for one user alone: the
// state and run directories, and the socket through which commands come.
//
// A path is only as private as every directory on the way to it: whoever can
// change one of them can put something of their own in its place. Errors are
// [services.CodeBadConfig], with a problem that says what to type.
package private

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"onionbot/services"
)

// others is what nobody but the owner may do in a directory. Its group may
// pass through, to what it knows the name of and may use: so tor, which runs as
// another user, reaches its own.
const others fs.FileMode = 0o067

// Dir makes a directory for this process's user, or sees that one that is
// there is fit: it belongs to the user, nobody else may use it, and nobody but
// root can put another in its place. One that is open to others is closed to
// them if it is empty or holds one of the marks by which the bot knows its
// own; any other is refused, so that a slip in the configuration locks nobody
// out of /tmp.
func Dir(path string, log *slog.Logger, marks ...string) error {
	if err := Parents(path); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // parents hold nothing of ours
		return services.Wrap(services.CodeReadOnlyState, err)
	}
	err := os.Mkdir(path, 0o700)
	if err == nil {
		err = os.Chmod(path, 0o700) //nolint:gosec // whatever the umask; a directory needs x
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return services.Wrap(services.CodeReadOnlyState, err)
	}
	return settle(path, log, marks)
}

// settle sees to a directory that is there.
func settle(path string, log *slog.Logger, marks []string) error {
	if err := Parents(path); err != nil { // what was missing before
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return services.Wrap(services.CodeReadOnlyState, err)
	}
	me := os.Geteuid()
	switch {
	case !info.IsDir():
		return refuse("%s is not a directory; remove it, or write another place into the configuration", path)
	case owner(info) != me:
		return refuse(`%s belongs to %s and the bot runs as %s; if all that is in it is the bot's, type "chown -R %s %s"`,
			path, name(owner(info)), name(me), name(me), path)
	case info.Mode().Perm()&others == 0:
		return nil
	}
	ours, err := holdsOurs(path, marks)
	if err != nil {
		return services.Wrap(services.CodeReadOnlyState, err)
	}
	if !ours {
		return refuse(`%s is open to others (mode %04o) and holds other things; write a directory of the bot's own into the configuration, or type "chmod 700 %s" if it is one`,
			path, info.Mode().Perm(), path)
	}
	log.Warn("a directory was open to others and is closed to them now", "path", path, "mode", info.Mode().Perm().String())
	if err := os.Chmod(path, 0o700); err != nil { //nolint:gosec // a directory needs x
		return services.Wrap(services.CodeReadOnlyState, err)
	}
	return nil
}

// holdsOurs reports whether a directory is empty or holds a mark. A mark is
// a file or a socket: "lock" is also a directory in /run.
func holdsOurs(path string, marks []string) (bool, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return false, err
	}
	for _, m := range marks {
		if info, err := os.Lstat(filepath.Join(path, m)); err == nil && !info.IsDir() {
			return true, nil
		}
	}
	return len(entries) == 0, nil
}

func refuse(format string, args ...any) error {
	return services.E(services.CodeBadConfig, "problem", fmt.Sprintf(format, args...))
}
