package privnet

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	authorityCount = 3
	defaultRelays  = 4

	// maxSocketPath is what the kernel allows for a unix socket, less the
	// final zero.
	maxSocketPath = 107
	// maxNameLen bounds the name of a client, which is a part of such a path.
	maxNameLen = 24
)

// Options says how a network is to be started. The zero value works.
type Options struct {
	// Dir is the working directory. It must not exist yet, or be empty; it
	// gets mode 0700 and is removed by Close. Keep it short, since unix
	// sockets live in it. Empty means a fresh temporary directory.
	Dir string
	// Tor is the tor program: a path, or a name to be found in PATH. Empty
	// means "tor".
	Tor string
	// Relays is the number of relays besides the three authorities, which
	// relay too. Zero means 4.
	Relays int
	// Exits makes the relays exits that reach every address, 127.0.0.1
	// included, so that a server of a test can be reached through Tor.
	Exits bool
	// Logger may be nil.
	Logger *slog.Logger
	// Progress, when set, is told how far the start is, from 0 to 1, and
	// what is being done. It is called from one goroutine at a time.
	Progress func(done float64, what string)
}

// complete fills in what was left out and refuses what cannot work.
func (o Options) complete() (Options, error) {
	if o.Relays == 0 {
		o.Relays = defaultRelays
	}
	if o.Relays < 1 || o.Relays > 50 {
		return o, fmt.Errorf("privnet: %d relays; 1 to 50 are possible", o.Relays)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Progress == nil {
		o.Progress = func(float64, string) {}
	}
	if o.Tor == "" {
		o.Tor = "tor"
	}
	tor, err := exec.LookPath(o.Tor)
	if err != nil {
		return o, fmt.Errorf("privnet: the tor program %q was not found; install it (on Debian: apt-get install tor): %w", o.Tor, err)
	}
	if o.Tor, err = filepath.Abs(tor); err != nil {
		return o, fmt.Errorf("privnet: path of tor: %w", err)
	}
	o.Dir, err = chooseDir(o.Dir)
	return o, err
}

// chooseDir returns the absolute path of the working directory.
func chooseDir(dir string) (string, error) {
	if dir == "" {
		return os.MkdirTemp("", "privnet-")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("privnet: working directory: %w", err)
	}
	if strings.ContainsAny(dir, " \t\r\n\"'\\#") {
		return "", fmt.Errorf("privnet: the directory %q has a character that a torrc cannot hold", dir)
	}
	longest := filepath.Join(dir, strings.Repeat("n", maxNameLen), socketName)
	if len(longest) > maxSocketPath {
		return "", fmt.Errorf("privnet: the directory %q is too long for unix sockets by %d characters", dir, len(longest)-maxSocketPath)
	}
	return dir, nil
}

// makeDir makes the working directory, or takes an empty one. One with
// something in it is refused, since Close removes everything.
func makeDir(dir string) error {
	err := os.Mkdir(dir, 0o700)
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("working directory: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("the directory %s is not empty", dir)
	}
	if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // a directory needs its x bit
		return fmt.Errorf("working directory: %w", err)
	}
	return nil
}
