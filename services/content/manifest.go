package content

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"onionbot/services"
)

// A revision is a directory with what is served and, beside it, what is known
// of it.
const (
	siteDir      = "site"
	manifestName = "manifest.json"
)

// shownNames is how many names [Store.Shown] tells.
const shownNames = 3

// manifest is what is known of a revision: what was sent, so that more can be
// added to it, and what was made.
type manifest struct {
	Words   string            `json:"words,omitempty"` // as typed
	Lang    string            `json:"lang,omitempty"`
	Files   []sent            `json:"files,omitempty"`
	First   string            `json:"first,omitempty"` // of these, the page that is seen first; "" for one that was made
	Made    []string          `json:"made,omitempty"`  // pages that nobody sent
	Remarks []services.Remark `json:"remarks,omitempty"`
}

// sent is one file that came, as it is served.
type sent struct {
	Name        string `json:"name"`
	Raw         []byte `json:"raw,omitempty"` // as an archive called it, where that differs; any bytes
	Description string `json:"description,omitempty"`
	Bytes       int64  `json:"bytes"`
}

func (m *manifest) save(root *os.Root) error {
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("save manifest: %w", err)
	}
	if err := root.WriteFile(manifestName, data, 0o600); err != nil {
		return fmt.Errorf("save manifest: %w", err)
	}
	return nil
}

// wordsName is the file of a revision that shows files as they came, in which
// its app finds what was typed about them.
const wordsName = "words.txt"

func (w *writer) saveWords() error {
	if w.manifest.Words == "" {
		return nil
	}
	err := w.whole.WriteFile(wordsName, []byte(w.manifest.Words), 0o644)
	if err == nil {
		err = w.whole.Chmod(wordsName, 0o644) // for the container's user, whatever the umask is
	}
	if err != nil {
		return fmt.Errorf("save words: %w", err)
	}
	return nil
}

// load reads the manifest of a revision; an error if there is none.
func (s *Store) load(id string, rev int) (*manifest, error) {
	if !services.ValidID(id) {
		return nil, fmt.Errorf("%q is not an instance", id)
	}
	data, err := os.ReadFile(filepath.Join(s.Dir(id), strconv.Itoa(rev), manifestName))
	if err != nil {
		return nil, fmt.Errorf("load manifest: %w", err)
	}
	m := &manifest{}
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("load manifest: %w", err)
	}
	return m, nil
}

// Shown tells what revision rev of an instance holds; nil if that is not
// known, as for revision 0.
func (s *Store) Shown(id string, rev int) *services.Shown {
	m, err := s.load(id, rev)
	if err != nil || len(m.Files) == 0 && m.Words == "" {
		return nil
	}
	shown := &services.Shown{Files: len(m.Files), Words: m.Words != "", Remarks: m.Remarks}
	for _, f := range m.Files {
		shown.Bytes += f.Bytes
		if len(shown.Names) < shownNames {
			shown.Names = append(shown.Names, f.Name)
		}
	}
	return shown
}

// served is the directory of a revision that the service shows; "" if there
// is none. Revisions of an earlier version had no manifest and were served
// whole.
func served(dir, rev string) (string, error) {
	_, err := os.Lstat(filepath.Join(dir, rev, manifestName))
	switch {
	case err == nil:
		if _, err := os.Lstat(filepath.Join(dir, rev, siteDir)); os.IsNotExist(err) {
			return "", nil
		}
		return filepath.Join(rev, siteDir), nil
	case os.IsNotExist(err):
		if _, err := os.Lstat(filepath.Join(dir, rev)); err != nil {
			return "", err
		}
		return rev, nil
	}
	return "", err
}
