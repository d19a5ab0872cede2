package content

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"onionbot/services"
)

// keep takes over what a revision shows, without the pages that were made for
// it. The files are the same ones on disk, so it costs no space.
func (s *Store) keep(w *writer, base Revision) error {
	if base.Number == 0 {
		return nil
	}
	old, err := s.load(base.Instance, base.Number)
	if err != nil {
		return services.Wrap(services.CodeConflict, err)
	}
	dir := filepath.Join(s.Dir(base.Instance), strconv.Itoa(base.Number), siteDir)
	w.manifest.Words, w.manifest.Remarks = old.Words, lasting(old.Remarks)
	for _, f := range old.Files {
		if err := w.take(dir, f); err != nil {
			return services.Wrap(services.CodeConflict, err)
		}
	}
	return nil
}

// take links one file of an earlier revision.
func (w *writer) take(dir string, f sent) error {
	if folder := path.Dir(f.Name); folder != "." {
		if err := w.folders(folder); err != nil {
			return err
		}
	}
	if err := os.Link(filepath.Join(dir, filepath.FromSlash(f.Name)), filepath.Join(w.dir, filepath.FromSlash(f.Name))); err != nil {
		return fmt.Errorf("keep content: %w", err)
	}
	w.files++
	w.bytes += f.Bytes
	w.seen[strings.ToLower(f.Name)] = true
	w.manifest.Files = append(w.manifest.Files, f)
	return nil
}

// giveWay removes a kept file whose name comes anew. The old revision keeps
// its own link to it.
func (w *writer) giveWay(name string) error {
	at := slices.IndexFunc(w.manifest.Files, func(f sent) bool { return strings.EqualFold(f.Name, name) })
	if at < 0 || w.added == nil || w.added[strings.ToLower(name)] {
		return nil
	}
	old := w.manifest.Files[at]
	if err := w.root.Remove(old.Name); err != nil {
		return fmt.Errorf("replace content: %w", err)
	}
	w.files--
	w.bytes -= old.Bytes
	delete(w.seen, strings.ToLower(old.Name))
	w.manifest.Files = slices.Delete(w.manifest.Files, at, at+1)
	return nil
}

// beside are the files that were added to somebody's own page, which does not
// name them.
func (w *writer) beside() []string {
	if w.added["index.html"] {
		return nil
	}
	var names []string
	for _, f := range w.manifest.Files {
		if w.added[strings.ToLower(f.Name)] {
			names = append(names, f.Name)
		}
	}
	return names
}

// lasting drops the remarks that are found out anew.
func lasting(old []services.Remark) []services.Remark {
	return slices.DeleteFunc(slices.Clone(old), func(r services.Remark) bool {
		return r.Code == services.RemarkWords || r.Code == services.RemarkBeside
	})
}

// index sees to it that there is a page: the one that came, which words have
// no place on, or one that is made of the words and the files.
func (w *writer) index(page func(string, []Item) ([]byte, error)) error {
	if w.has("index.html") {
		if w.manifest.Words != "" {
			w.manifest.Remarks = append(w.manifest.Remarks, services.Remark{Code: services.RemarkWords})
		}
		if beside := w.beside(); len(beside) > 0 {
			w.manifest.Remarks = append(w.manifest.Remarks, services.Remark{Code: services.RemarkBeside, Names: beside})
		}
		return nil
	}
	var items []Item
	for _, f := range w.manifest.Files {
		items = append(items, Item{
			Name: f.Name, Description: f.Description, Bytes: f.Bytes,
			Picture: slices.Contains(pictures(), strings.ToLower(path.Ext(f.Name))),
		})
	}
	made, err := page(w.manifest.Words, items)
	if err != nil {
		return err
	}
	files := w.manifest.Files
	err = w.write("index.html", bytes.NewReader(made))
	w.manifest.Files, w.manifest.Made = files, append(w.manifest.Made, "index.html")
	return err
}

// pictures are the endings of what a browser shows as a picture.
func pictures() []string {
	return []string{".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg"}
}
