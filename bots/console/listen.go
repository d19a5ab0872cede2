package console

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"onionbot/bots"
	"onionbot/private"
	"onionbot/services"
)

// Options are what an [Adapter] works with. Zero numbers mean the defaults.
type Options struct {
	Path    string // of the socket
	Spool   string // directory for files on their way; made if it is missing
	MaxFile int64  // bytes of one file; 50 MiB
	// Stored returns the console's commands that are kept and not handled yet.
	// Spooled files that none of them names are erased at the start: all, if it
	// is nil.
	Stored func() ([]services.Incoming, error)
	// Look is how everything does, with onion addresses if they are wanted; nil
	// for none.
	Look func(ctx context.Context, addresses bool) (Overview, error)
	Log  *slog.Logger
}

// Adapter serves the console's socket.
type Adapter struct {
	o        Options
	listener *net.UnixListener

	mu       sync.Mutex
	sessions map[string]*session
	closed   bool
}

var (
	_ bots.Adapter  = (*Adapter)(nil)
	_ bots.Finisher = (*Adapter)(nil)
)

// maxSocketPath is what fits into a socket's address on Linux.
const maxSocketPath = 107

// Listen opens the socket, readable by the bot's own user only, in place of
// one that a process left behind. [services.CodeLocked] means that somebody
// answers on it.
func Listen(o Options) (*Adapter, error) {
	if o.MaxFile == 0 {
		o.MaxFile = 50 << 20
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if len(o.Path) > maxSocketPath {
		return nil, services.E(services.CodePathTooLong, "path", o.Path)
	}
	if err := private.Parents(o.Path); err != nil {
		return nil, err
	}
	if answers(o.Path) {
		return nil, services.E(services.CodeLocked, "path", o.Path)
	}
	if err := os.MkdirAll(o.Spool, 0o700); err != nil {
		return nil, services.Wrap(services.CodeReadOnlyState, err)
	}
	sweep(o)
	l, err := listenPrivately(o.Path)
	if err != nil {
		return nil, err
	}
	return &Adapter{o: o, listener: l, sessions: make(map[string]*session)}, nil
}

func answers(path string) bool {
	dialer := net.Dialer{Timeout: time.Second}
	conn, err := dialer.DialContext(context.Background(), "unix", path)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// listenPrivately makes the socket in a directory of its own, so that nobody
// can open it before its mode is set, and then moves it to its place.
func listenPrivately(path string) (*net.UnixListener, error) {
	dir, err := os.MkdirTemp(filepath.Dir(path), ".s")
	if err != nil {
		return nil, services.Wrap(services.CodeReadOnlyState, err)
	}
	defer os.RemoveAll(dir)
	made := filepath.Join(dir, "s")
	if len(made) > maxSocketPath {
		return nil, services.E(services.CodePathTooLong, "path", path)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: made, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	l.SetUnlinkOnClose(false)
	err = os.Chmod(made, 0o600)
	if err == nil {
		err = os.Rename(made, path)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("place socket: %w", err), l.Close())
	}
	return l, nil
}

// Close ends every session and removes the socket.
func (a *Adapter) Close() error {
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		return nil
	}
	a.closed = true
	for _, s := range a.sessions {
		_ = s.conn.Close()
	}
	a.mu.Unlock()
	err := os.Remove(a.o.Path)
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, a.listener.Close())
}

// Network is "console".
func (a *Adapter) Network() string { return Network }

// Health has nothing to report: without the socket there is no adapter.
func (a *Adapter) Health() string { return "" }
