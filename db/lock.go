package db

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"onionbot/services"
)

const lockName = "lock"

// Lock takes a state or run directory for this process, so that two daemons
// never share one, and makes it if it is missing. Take it before [Open]. The
// lock goes with the process, however that ends. A directory that is taken is
// [services.CodeLocked], with the argument "dir", and "pid" if the holder's is
// known.
func Lock(dir string) (release func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, services.Wrap(services.CodeReadOnlyState, fmt.Errorf("create state directory: %w", err))
	}
	path := filepath.Join(dir, lockName)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, services.Wrap(services.CodeReadOnlyState, fmt.Errorf("open lock: %w", err))
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer func() { _ = f.Close() }()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, services.Wrap(services.CodeReadOnlyState, fmt.Errorf("lock state directory: %w", err))
		}
		if pid := holder(f); pid != "" {
			return nil, services.Wrap(services.CodeLocked, err, "dir", dir, "pid", pid)
		}
		return nil, services.Wrap(services.CodeLocked, err, "dir", dir)
	}
	if err := sign(f); err != nil {
		return nil, errors.Join(services.Wrap(services.CodeReadOnlyState, err), f.Close())
	}
	return func() { _ = f.Close() }, nil // the file stays: removing it would race
}

// sign leaves our process ID for whoever comes next.
func sign(f *os.File) error {
	if err := errors.Join(f.Chmod(0o600), f.Truncate(0)); err != nil {
		return fmt.Errorf("sign lock: %w", err)
	}
	if _, err := f.WriteAt(fmt.Appendln(nil, os.Getpid()), 0); err != nil {
		return fmt.Errorf("sign lock: %w", err)
	}
	return nil
}

// holder reads the process ID of who holds the lock; "" if it is not there.
func holder(f *os.File) string {
	b, err := io.ReadAll(io.LimitReader(f, 20))
	pid := strings.TrimSpace(string(b))
	if err != nil || strings.Trim(pid, "0123456789") != "" {
		return ""
	}
	return pid
}
