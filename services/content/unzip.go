package content

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// writer puts files below a root that cannot be left, and counts.
type writer struct {
	whole    *os.Root // the revision
	root     *os.Root // what is served of it
	dir      string   // of root
	limits   Limits
	seen     map[string]bool // names in lower case
	added    map[string]bool // of these, what the delivery itself brought; nil before it
	files    int
	bytes    int64
	manifest manifest

	description string // of the file that is being written
}

func openWriter(dir string, limits Limits) (*writer, error) {
	w := &writer{limits: limits, seen: make(map[string]bool), dir: filepath.Join(dir, siteDir)}
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
func (w *writer) has(name string) bool { return w.seen[strings.ToLower(name)] }

// unzip writes what is in an archive. Sizes are counted while unpacking: what
// the archive says of itself is not believed.
func (w *writer) unzip(data []byte) error {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return refuse(BadZip, err)
	}
	if len(archive.File) > w.limits.Files {
		return refuse(TooMany, fmt.Errorf("%d entries", len(archive.File)))
	}
	strip := commonFolder(archive.File)
	for _, entry := range archive.File {
		name := strings.TrimPrefix(strings.ReplaceAll(entry.Name, `\`, "/"), strip)
		if name == "" || strings.HasPrefix(entry.Name, "__MACOSX/") {
			continue // the folder itself, or what macOS adds
		}
		if err := w.entry(entry, name, int64(len(data))); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) entry(entry *zip.File, name string, packed int64) error {
	clean, err := w.limits.clean(name)
	if err != nil {
		return err
	}
	mode := entry.Mode()
	if mode.IsDir() || strings.HasSuffix(name, "/") {
		return w.mkdir(clean)
	}
	if !mode.IsRegular() {
		return refuse(BadKind, fmt.Errorf("mode %s", mode))
	}
	body, err := entry.Open()
	if err != nil {
		return refuse(BadZip, err)
	}
	defer body.Close()
	// A megabyte is harmless whatever it was packed into.
	most := max(packed*w.limits.Ratio, 1<<20)
	err = w.write(clean, &bomb{from: body, left: most - w.bytes})
	var refused interface{ Unwrap() error }
	if err != nil && !errors.As(err, &refused) {
		return refuse(BadZip, err)
	}
	return err
}

// bomb ends a stream that grows beyond what is plausible.
type bomb struct {
	from io.Reader
	left int64
}

func (b *bomb) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, refuse(Bomb, errors.New("ratio"))
	}
	return n, err
}

func (w *writer) mkdir(name string) error {
	if w.files++; w.files > w.limits.Files {
		return refuse(TooMany, fmt.Errorf("%d entries", w.files))
	}
	return w.folders(name)
}

func (w *writer) folders(name string) error {
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

// write stores one file. Two names that differ in case only are one name to
// some visitors' eyes and are refused.
func (w *writer) write(name string, from io.Reader) error {
	if err := w.giveWay(name); err != nil {
		return err
	}
	if w.seen[strings.ToLower(name)] {
		return refuse(Twice, errors.New("a name comes twice"))
	}
	w.seen[strings.ToLower(name)] = true
	if w.added != nil {
		w.added[strings.ToLower(name)] = true
	}
	if w.files++; w.files > w.limits.Files {
		return refuse(TooMany, fmt.Errorf("%d files", w.files))
	}
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
	n, err := io.Copy(file, io.LimitReader(from, w.limits.Bytes-w.bytes+1))
	w.bytes += n
	if err = errors.Join(err, file.Chmod(0o644), file.Close()); err != nil {
		return err
	}
	if w.bytes > w.limits.Bytes {
		return refuse(TooBig, fmt.Errorf("more than %d bytes", w.limits.Bytes))
	}
	w.manifest.Files = append(w.manifest.Files, sent{Name: name, Description: w.description, Bytes: n})
	return nil
}

// commonFolder is the one folder that everything in an archive stands in:
// people pack the folder, not what is in it.
func commonFolder(files []*zip.File) string {
	first := ""
	for _, f := range files {
		name := strings.ReplaceAll(f.Name, `\`, "/")
		if strings.HasPrefix(name, "__MACOSX/") {
			continue
		}
		folder, _, ok := strings.Cut(name, "/")
		if !ok || strings.Contains(folder, ":") || folder == ".." || folder == "." || folder == "" || (first != "" && folder+"/" != first) {
			return ""
		}
		first = folder + "/"
	}
	return first
}
