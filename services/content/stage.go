package content

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"onionbot/services"
	"onionbot/services/content/filename"
)

// Stage receives a delivery into a fresh directory, checked, cleaned and
// unpacked, ready to be adopted. Archives are unpacked; anything else stands
// under its own name. What cannot be served is left out of an archive or of
// several files, and stands in the remarks of [Store.Shown]. Refusals are
// [services.CodeBadContent], and nothing stays behind. A base that is no
// longer there is [services.CodeConflict].
func (s *Store) Stage(ctx context.Context, limits Limits, d Delivery) (staged string, err error) {
	dir, err := os.MkdirTemp(s.staging(), "in-")
	if err != nil {
		return "", fmt.Errorf("stage content: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(dir)
		}
	}()
	w, err := openWriter(dir, limits)
	if err != nil {
		return "", err
	}
	defer w.close()
	w.keepMetadata, w.verbatim = d.KeepMetadata, d.Verbatim
	if err := s.fill(ctx, w, d); err != nil {
		return "", err
	}
	if err := w.manifest.save(w.whole); err != nil {
		return "", err
	}
	// The container reads as another user; the directories above are 0700.
	return dir, errors.Join(os.Chmod(dir, 0o755), os.Chmod(filepath.Join(dir, siteDir), 0o755)) //nolint:gosec // see above
}

// fill brings everything into the writer: what stays, what came, the pages.
func (s *Store) fill(ctx context.Context, w *writer, d Delivery) error {
	if err := s.keep(w, d.AddTo); err != nil {
		return err
	}
	if len(d.Missing) > 0 {
		w.manifest.Remarks = append(w.manifest.Remarks, services.Remark{Code: services.RemarkMissing, Names: d.Missing})
	}
	w.added = make(map[string]bool)
	for _, f := range d.Files {
		if err := receive(ctx, w, f, len(d.Files) == 1); err != nil {
			return err
		}
	}
	if w.manifest.Words == "" {
		w.manifest.Lang = d.Lang
	}
	w.manifest.Words = strings.TrimSpace(w.manifest.Words + "\n\n" + d.Words)
	if len(w.manifest.Files) == 0 && (d.Words == "" || len(d.Files) > 0) {
		if w.refused != nil { // everything was left out: that is why
			return w.refused
		}
		return refuse(Empty, errors.New("no file in it"))
	}
	w.remark()
	if d.Verbatim {
		return w.saveWords()
	}
	return w.finish(d.Pages)
}

// receive reads one file, bounded, and writes what is in it.
func receive(ctx context.Context, w *writer, f File, alone bool) error {
	body, err := f.Read(ctx)
	if err != nil {
		return incomplete(err)
	}
	defer body.Close()
	data, err := io.ReadAll(io.LimitReader(body, w.limits.Packed+1))
	if err != nil {
		return incomplete(err)
	}
	switch {
	case int64(len(data)) > w.limits.Packed:
		return refuse(TooBig, fmt.Errorf("more than %d bytes", w.limits.Packed))
	case len(data) == 0:
		return refuse(Empty, errors.New("empty file"))
	}
	if w.verbatim {
		return w.single(f, data, false)
	}
	if unpacked, err := w.unpack(f.Name, data); unpacked {
		return named(err, f.Name)
	}
	return w.single(f, data, alone)
}

// single writes a file that is no archive.
func (w *writer) single(f File, data []byte, alone bool) error {
	if program(data) && !w.verbatim {
		return refuse(Unsupported, errors.New("a program"))
	}
	name, err := w.limits.clean(w.nameOf(f, data, alone))
	if err != nil {
		return named(err, f.Name)
	}
	// A file that is sent by itself is meant, whatever it is called; but no
	// name that begins with a dot is served.
	if name = strings.TrimLeft(name, "."); leftover(name) != "" || name == "" {
		name = filename.Shorten("file-"+name, w.limits.NameLen)
	}
	if heic(data) && !w.verbatim {
		// As a file in an archive it may be meant for download; a picture
		// that is sent is meant to be seen, and browsers do not show this.
		return w.leaveOut(refuse(HEIC, errors.New("heic")), name)
	}
	if w.added[name] {
		name = w.free(name)
	}
	return w.leaveOut(w.write(file{name: name, description: f.Description, data: data}), name)
}

// incomplete is a file that broke off, unless its sender's network says why it
// gives no more.
func incomplete(err error) error {
	if services.IsCode(err, services.CodeBadContent) {
		return err
	}
	return refuse(Incomplete, err)
}
