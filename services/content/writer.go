package content

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"onionbot/services/content/filename"
)

// writer puts files below a root that cannot be left, and counts.
type writer struct {
	whole    *os.Root // the revision
	root     *os.Root // what is served of it
	dir      string   // of root
	limits   Limits
	seen     map[string]bool // what is served, by name
	added    map[string]bool // of these, what the delivery itself brought; nil before it
	files    int
	bytes    int64
	manifest manifest

	keepMetadata bool
	verbatim     bool
	markdown     int64 // bytes of Markdown that pages were made of
	documents    int   // that were searched for their authors
	refused      error // the first file that was left out
	leftOut      map[string][]string
	leftovers    []string
	cleaned      finding
	told         finding
}

// file is one file on its way in.
type file struct {
	name        string // clean
	raw         string // as it was called in an archive, where that differs
	description string
	data        []byte
}

func openWriter(dir string, limits Limits) (*writer, error) {
	w := &writer{limits: limits, seen: make(map[string]bool), leftOut: make(map[string][]string), dir: filepath.Join(dir, siteDir)}
	var err error
	if w.whole, err = os.OpenRoot(dir); err != nil {
		return nil, fmt.Errorf("stage content: %w", err)
	}
	if err = w.whole.Mkdir(siteDir, 0o700); err == nil {
		w.root, err = w.whole.OpenRoot(siteDir)
	}
	if err != nil {
		_ = w.whole.Close()
		return nil, fmt.Errorf("stage content: %w", err)
	}
	return w, nil
}

func (w *writer) close() { _, _ = w.root.Close(), w.whole.Close() }

// has reports whether a name is taken.
func (w *writer) has(name string) bool { return w.seen[name] }

// free is a name like this one that is not taken.
func (w *writer) free(name string) string {
	for n := 2; ; n++ {
		if other := filename.Another(name, n, w.limits.NameLen); !w.has(other) {
			return other
		}
	}
}

// write stores one file that came.
func (w *writer) write(f file) error {
	data, err := w.treat(f.name, f.data)
	if err != nil {
		return err
	}
	if err := w.giveWay(f.name); err != nil {
		return err
	}
	if w.seen[f.name] {
		return refuse(Twice, errors.New("a name comes twice"))
	}
	if w.files++; w.files > w.limits.Files {
		return refuse(TooMany, fmt.Errorf("%d files", w.files))
	}
	if w.bytes += int64(len(data)); w.bytes > w.limits.Bytes {
		return refuse(TooBig, fmt.Errorf("more than %d bytes", w.limits.Bytes))
	}
	if err := w.put(f.name, data); err != nil {
		return err
	}
	w.seen[f.name] = true
	if w.added != nil {
		w.added[f.name] = true
	}
	w.manifest.Files = append(w.manifest.Files, sent{Name: f.name, Raw: []byte(f.raw), Description: f.description, Bytes: int64(len(data))})
	return nil
}

// put creates a file.
func (w *writer) put(name string, data []byte) error {
	if dir := path.Dir(name); dir != "." {
		if err := w.folders(dir); err != nil {
			return err
		}
	}
	file, err := w.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return refuse(Twice, err)
	}
	if err != nil {
		return fmt.Errorf("write content: %w", err)
	}
	_, err = bytes.NewReader(data).WriteTo(file)
	return errors.Join(err, file.Chmod(0o644), file.Close())
}

// make stores a page that nobody sent.
func (w *writer) make(name string, page []byte) error {
	if err := w.put(name, page); err != nil {
		return err
	}
	w.seen[name] = true
	w.manifest.Made = append(w.manifest.Made, name)
	return nil
}

// alias makes a file answer to a second name as well. That a name is taken, or
// cannot be had, is no error: the file has its first.
func (w *writer) alias(name, other string) {
	if w.seen[other] || w.folders(path.Dir(other)) != nil {
		return
	}
	if w.root.Link(name, other) == nil {
		w.seen[other] = true
	}
}

// folders makes a directory and those above it.
func (w *writer) folders(name string) error {
	if name == "." {
		return nil
	}
	for i := range name {
		if name[i] == '/' {
			if err := w.folder(name[:i]); err != nil {
				return err
			}
		}
	}
	return w.folder(name)
}

func (w *writer) folder(name string) error {
	err := w.root.Mkdir(name, 0o755)
	if errors.Is(err, fs.ErrExist) {
		if info, e := w.root.Lstat(name); e == nil && info.IsDir() {
			return nil
		}
		return refuse(Twice, err)
	}
	if err != nil {
		return fmt.Errorf("write content: %w", err)
	}
	return w.root.Chmod(name, 0o755)
}
