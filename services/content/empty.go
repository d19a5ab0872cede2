package content

import (
	"errors"
	"fmt"
	"os"
)

// Empty stages a revision without content: the service shows its own page.
func (s *Store) Empty() (staged string, err error) {
	dir, err := os.MkdirTemp(s.staging(), "in-")
	if err != nil {
		return "", fmt.Errorf("stage content: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", fmt.Errorf("stage content: %w", err)
	}
	defer root.Close()
	if err := errors.Join((&manifest{}).save(root), os.Chmod(dir, 0o755)); err != nil { //nolint:gosec // as of every revision
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, nil
}
