package content

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// writer puts files below a root that cannot be left, and counts.
type writer struct {
	root   *os.Root
	limits Limits
	seen   map[string]bool
	files  int
	bytes  int64
}

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
	if w.seen[strings.ToLower(name)] {
		return refuse(Twice, errors.New("a name comes twice"))
	}
	w.seen[strings.ToLower(name)] = true
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

var listing = template.Must(template.New("index").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Files</title>
<style>body{font:1.1em/1.6 sans-serif;max-width:40em;margin:2em auto;padding:0 1em}img{max-width:100%}</style>
{{range .}}{{if .Image}}<p><a href="{{.Name}}"><img src="{{.Name}}" alt="{{.Name}}"></a></p>
{{else}}<p><a href="{{.Name}}">{{.Name}}</a></p>
{{end}}{{end}}</html>
`)) //nolint:gochecknoglobals // a constant template

// index adds a page that shows the files, unless an index came along.
func (w *writer) index() error {
	if w.seen["index.html"] {
		return nil
	}
	type item struct {
		Name  string
		Image bool
	}
	var items []item
	err := fs.WalkDir(w.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			ext := strings.ToLower(path.Ext(name))
			items = append(items, item{Name: name, Image: slices.Contains([]string{".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg"}, ext)})
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("list content: %w", err)
	}
	var page bytes.Buffer
	if err := listing.Execute(&page, items); err != nil {
		return fmt.Errorf("list content: %w", err)
	}
	return w.write("index.html", &page)
}
