package metrics

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
	"time"
)

// listen opens the address. Errors are sentences for the operator, without
// the final dot.
func (a Address) listen(ctx context.Context) (net.Listener, error) {
	if a.Network == "unix" {
		if err := a.clear(ctx); err != nil {
			return nil, err
		}
	}
	l, err := (&net.ListenConfig{Control: a.restrict}).Listen(ctx, a.Network, a.Where)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("metrics.listen: another program listens at %s; choose another address", a.Where)
	}
	if err != nil {
		return nil, fmt.Errorf("metrics.listen: %w", err)
	}
	return l, nil
}

// restrict gives a unix socket its mode before it has a name: nobody can open
// it in between.
func (a Address) restrict(_, _ string, conn syscall.RawConn) error {
	if a.Network != "unix" {
		return nil
	}
	var err error
	return errors.Join(conn.Control(func(fd uintptr) { err = syscall.Fchmod(int(fd), 0o600) }), err)
}

// clear removes a socket that a process left behind, and nothing else.
func (a Address) clear(ctx context.Context) error {
	info, err := os.Lstat(a.Where)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("metrics.listen: %w", err)
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("metrics.listen: %s is there and is no socket; choose another path", a.Where)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if conn, err := (&net.Dialer{}).DialContext(ctx, "unix", a.Where); err == nil {
		_ = conn.Close()
		return fmt.Errorf("metrics.listen: another program listens at %s; choose another path", a.Where)
	}
	if err := os.Remove(a.Where); err != nil {
		return fmt.Errorf("metrics.listen: %w", err)
	}
	return nil
}
