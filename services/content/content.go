// Package content keeps the files that users send to be shown by a service:
// received, checked, unpacked, shown, and erased when the instance ends.
//
// Each instance has a directory that is mounted into its container. Revisions
// stand side by side in it; the symbolic link "current" names the one that is
// shown and is replaced atomically.
package content

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"onionbot/services"
)

// Store is a directory of users' files.
type Store struct {
	dir string
}

var _ services.Contents = (*Store)(nil)

// Open makes the directory if it is missing, for the bot's user only, and
// erases what an earlier life left half received.
func Open(dir string) (*Store, error) {
	s := &Store{dir: dir}
	if err := os.RemoveAll(s.staging()); err != nil {
		return nil, services.Wrap(services.CodeReadOnlyState, err)
	}
	for _, d := range []string{dir, s.staging(), s.live()} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, services.Wrap(services.CodeReadOnlyState, err)
		}
	}
	return s, nil
}

func (s *Store) staging() string { return filepath.Join(s.dir, "staging") }
func (s *Store) live() string    { return filepath.Join(s.dir, "live") }

// Dir is the host directory that is mounted for an instance.
func (s *Store) Dir(id string) string { return filepath.Join(s.live(), id) }

// Adopt moves a staged directory to the instance as revision rev.
func (s *Store) Adopt(id string, rev int, staged string) error {
	if err := s.ready(id); err != nil {
		return err
	}
	target := filepath.Join(s.Dir(id), strconv.Itoa(rev))
	// Left by a start whose transaction did not commit: nobody has seen it.
	if err := os.RemoveAll(target); err != nil {
		return fmt.Errorf("adopt content: %w", err)
	}
	if err := os.Rename(staged, target); err != nil {
		return fmt.Errorf("adopt content: %w", err)
	}
	return nil
}

// Show makes revision rev the current one and erases the others. Revision 0
// is no content: the service shows its own page.
func (s *Store) Show(id string, rev int) error {
	if err := s.ready(id); err != nil {
		return err
	}
	dir := s.Dir(id)
	current := filepath.Join(dir, "current")
	if rev == 0 {
		return os.RemoveAll(current)
	}
	name, err := served(dir, strconv.Itoa(rev))
	if err != nil {
		return fmt.Errorf("show content: %w", err)
	}
	if name == "" { // emptied: the service shows its own page again
		if err := os.RemoveAll(current); err != nil {
			return fmt.Errorf("show content: %w", err)
		}
		return s.eraseOlder(dir, rev)
	}
	next := filepath.Join(dir, "next")
	_ = os.Remove(next)
	if err := os.Symlink(name, next); err != nil {
		return fmt.Errorf("show content: %w", err)
	}
	if err := os.Rename(next, current); err != nil {
		return fmt.Errorf("show content: %w", err)
	}
	return s.eraseOlder(dir, rev)
}

// eraseOlder erases the revisions before rev; a later one is being adopted.
func (s *Store) eraseOlder(dir string, rev int) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("show content: %w", err)
	}
	for _, e := range entries {
		n, err := strconv.Atoi(e.Name())
		if err != nil || n >= rev {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("show content: %w", err)
		}
	}
	return nil
}

// ready makes the instance's directory. Containers run as other users, so it
// can be entered by all; the directory above it can not.
func (s *Store) ready(id string) error {
	if !services.ValidID(id) {
		return fmt.Errorf("%q is not an instance", id)
	}
	if err := os.Mkdir(s.Dir(id), 0o755); err != nil && !errors.Is(err, fs.ErrExist) { //nolint:gosec // entered by the container's user; its parent is 0700
		return fmt.Errorf("make content directory: %w", err)
	}
	return os.Chmod(s.Dir(id), 0o755) //nolint:gosec // as above, whatever the umask is
}

// Discard erases a staged directory that is not wanted.
func (s *Store) Discard(staged string) {
	if filepath.Dir(staged) == s.staging() {
		_ = os.RemoveAll(staged)
	}
}

// Erase removes everything of an instance.
func (s *Store) Erase(id string) error {
	if !services.ValidID(id) {
		return fmt.Errorf("%q is not an instance", id)
	}
	return os.RemoveAll(s.Dir(id))
}

// List returns the IDs that have a directory.
func (s *Store) List() ([]string, error) {
	entries, err := os.ReadDir(s.live())
	if err != nil {
		return nil, fmt.Errorf("list contents: %w", err)
	}
	var ids []string
	for _, e := range entries {
		if services.ValidID(e.Name()) {
			ids = append(ids, e.Name())
		}
	}
	return ids, nil
}
