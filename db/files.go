package db

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"

	"onionbot/services"
)

// secureFiles makes the directory 0700 and the files of the database 0600
// before SQLite sees them; SQLite gives its side files the mode of the main
// one. An existing file is never opened here: closing it would drop SQLite's
// locks of this process.
func secureFiles(path string, log *slog.Logger) error {
	if err := secureDir(path, log); err != nil {
		return services.Wrap(services.CodeReadOnlyState, err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err == nil {
		err = errors.Join(f.Chmod(0o600), f.Close())
	} else if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	if err != nil {
		return services.Wrap(services.CodeReadOnlyState, fmt.Errorf("create database: %w", err))
	}
	for _, suffix := range []string{"", "-wal", "-shm", backupSuffix} {
		if err := narrow(path+suffix, 0o600, log); err != nil {
			return services.Wrap(services.CodeReadOnlyState, err)
		}
	}
	// SQLite would open what it may not write read-only, and without a word.
	for _, p := range []string{filepath.Dir(path), path, path + "-wal", path + "-shm"} {
		if err := syscall.Access(p, writeAccess); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return services.Wrap(services.CodeReadOnlyState, fmt.Errorf("write to %s: %w", p, err))
		}
	}
	return nil
}

const writeAccess = 2 // W_OK

// secureDir makes the directory, or narrows one that is ours.
func secureDir(path string, log *slog.Logger) error {
	dir := filepath.Dir(path)
	err := os.MkdirAll(filepath.Dir(dir), 0o755) //nolint:gosec // parents hold nothing of ours
	if err != nil {
		return fmt.Errorf("create state directory: %w", err)
	}
	if err := os.Mkdir(dir, 0o700); err == nil {
		return os.Chmod(dir, 0o700) //nolint:gosec // a directory needs x
	} else if !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("create state directory: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o067 == 0 { // the group of the tor processes may pass through
		return nil
	}
	if ours, err := holdsOnlyOurs(path); err != nil || !ours {
		return errors.Join(err, fmt.Errorf("the state directory %s is open to others (mode %04o) and holds other things", dir, info.Mode().Perm()))
	}
	return narrow(dir, 0o700, log)
}

// holdsOnlyOurs keeps us from locking others out of a directory such as /tmp
// or /var/lib, into which somebody pointed us by mistake.
func holdsOnlyOurs(path string) (bool, error) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return false, err
	}
	others := 0
	for _, e := range entries {
		switch e.Name() {
		case filepath.Base(path):
			return true, nil
		case lockName: // is there before the first start
		default:
			others++
		}
	}
	return others == 0, nil
}

// narrow takes rights from a file that has more than mode.
func narrow(path string, mode fs.FileMode, log *slog.Logger) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() && !info.IsDir() {
		return fmt.Errorf("%s is neither a file nor a directory", path)
	}
	if info.Mode().Perm()&^mode == 0 {
		return nil
	}
	log.Warn("file was open to others, narrowed", "path", path, "mode", info.Mode().Perm().String())
	return os.Chmod(path, mode)
}
