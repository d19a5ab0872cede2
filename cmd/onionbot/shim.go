package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"onionbot/services"
)

// What begins the names of programs for containers in the state directory.
const (
	shimPrefix = "shim-"
	appPrefix  = "app-"
)

// containerProgram returns a program that containers run: a small one that the
// build has put into this binary, written to dir under the name of its content.
// It returns "", which means this program itself, when the build has put none
// in or when dir's file system runs no programs.
//
// Those of other versions are removed. A container that runs one keeps it: its
// mount holds the file.
func containerProgram(dir, prefix string, program []byte) (string, error) {
	if len(program) == 0 || runsNothing(dir) {
		return "", nil
	}
	sum := sha256.Sum256(program)
	path := filepath.Join(dir, prefix+hex.EncodeToString(sum[:6]))
	if err := install(path, program); err != nil {
		return "", services.Wrap(services.CodeReadOnlyState, err)
	}
	old, _ := filepath.Glob(filepath.Join(dir, prefix+"*")) // the pattern is a good one
	for _, other := range old {
		if other != path {
			_ = os.Remove(other)
		}
	}
	return path, nil
}

// install makes path an executable file with this content, in one step. Like
// every program it may be read by all: containers run it as another user.
func install(path string, program []byte) error {
	if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, program) {
		return os.Chmod(path, 0o755) //nolint:gosec // see above
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	next := path + ".new"
	if err := os.WriteFile(next, program, 0o700); err != nil { //nolint:gosec // a program
		return err
	}
	return errors.Join(os.Chmod(next, 0o755), os.Rename(next, path)) //nolint:gosec // see above
}

// stNoExec is ST_NOEXEC of statvfs(3).
const stNoExec = 8

// runsNothing reports whether dir is mounted with noexec.
func runsNothing(dir string) bool {
	var s syscall.Statfs_t
	return syscall.Statfs(dir, &s) == nil && s.Flags&stNoExec != 0
}
