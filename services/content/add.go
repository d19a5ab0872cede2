package content

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"

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
	w.manifest.Words, w.manifest.Lang, w.manifest.Remarks = old.Words, old.Lang, lasting(old.Remarks)
	w.manifest.First = old.First
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
	w.seen[f.Name] = true
	w.manifest.Files = append(w.manifest.Files, f)
	return nil
}

// giveWay removes a kept file whose name comes anew. The old revision keeps
// its own link to it.
func (w *writer) giveWay(name string) error {
	at := slices.IndexFunc(w.manifest.Files, func(f sent) bool { return f.Name == name })
	if at < 0 || w.added == nil || w.added[name] {
		return nil
	}
	old := w.manifest.Files[at]
	if err := w.root.Remove(old.Name); err != nil {
		return fmt.Errorf("replace content: %w", err)
	}
	w.files--
	w.bytes -= old.Bytes
	delete(w.seen, old.Name)
	w.manifest.Files = slices.Delete(w.manifest.Files, at, at+1)
	return nil
}

// beside are the files that were added to somebody's own page, which does not
// name them.
func (w *writer) beside(page string) []string {
	if w.added[page] {
		return nil
	}
	var names []string
	for _, f := range w.manifest.Files {
		if w.added[f.Name] {
			names = append(names, f.Name)
		}
	}
	return names
}

// lasting are the remarks that stay true when more is added.
func lasting(old []services.Remark) []services.Remark {
	return slices.DeleteFunc(slices.Clone(old), func(r services.Remark) bool { return r.Code != services.RemarkTold })
}
