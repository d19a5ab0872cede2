package content

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"onionbot/services"
)

// Delivery is what came to be shown.
type Delivery struct {
	Files []File
	Words string // typed by the sender: they stand above the files, or are the page
	// AddTo is the revision that stays, with the delivery added to it: files
	// of the same name are replaced, words stand below the earlier ones. The
	// zero value means none.
	AddTo Revision
	// Page makes the page of words and files where no page came along.
	Page func(words string, files []Item) ([]byte, error)
}

// File is one file as it was received. Read fetches it once.
type File struct {
	Name        string // as the sender named it; hostile; "" if the network has no name for it
	Description string // what the sender wrote for those who cannot see it
	Read        func(ctx context.Context) (io.ReadCloser, error)
}

// Revision is what an instance showed at one time.
type Revision struct {
	Instance string
	Number   int // 0 = no content
}

// Item is a file on a page that shows what came.
type Item struct {
	Name        string // path below the page
	Description string
	Bytes       int64
	Picture     bool
}

// Stage receives a delivery into a fresh directory, checked and unpacked,
// ready to be adopted. One zip archive is unpacked; one HTML file becomes the
// index; anything else stands under its own name. Refusals are
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
	if err := s.fill(ctx, w, d); err != nil {
		return "", err
	}
	if err := w.manifest.save(w.whole); err != nil {
		return "", err
	}
	// The container reads as another user; the directories above are 0700.
	return dir, errors.Join(os.Chmod(dir, 0o755), os.Chmod(filepath.Join(dir, siteDir), 0o755)) //nolint:gosec // see above
}

// fill brings everything into the writer: what stays, what came, the page.
func (s *Store) fill(ctx context.Context, w *writer, d Delivery) error {
	if err := s.keep(w, d.AddTo); err != nil {
		return err
	}
	w.added = make(map[string]bool)
	for _, f := range d.Files {
		if err := receive(ctx, w, f, len(d.Files) == 1); err != nil {
			return err
		}
	}
	w.manifest.Words = strings.TrimSpace(w.manifest.Words + "\n\n" + d.Words)
	if len(w.manifest.Files) == 0 && w.manifest.Words == "" {
		return refuse(Empty, errors.New("no file in it"))
	}
	return w.index(d.Page)
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
	case bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("PK\x05\x06")):
		return w.unzip(data)
	}
	name := w.nameOf(f, data)
	if alone && isHTML(name, data) && !w.has("index.html") {
		name = "index.html"
	}
	clean, err := w.limits.clean(name)
	if err != nil {
		return err
	}
	if !showable(clean, data) {
		return refuse(Unsupported, fmt.Errorf("content type %s", http.DetectContentType(data)))
	}
	w.description = f.Description
	defer func() { w.description = "" }()
	return w.write(clean, bytes.NewReader(data))
}

// nameOf is the last element of a file's own name, or a name made for it: the
// first picture without one is "photo-1.jpg".
func (w *writer) nameOf(f File, data []byte) string {
	if f.Name != "" {
		return filepath.Base(strings.ReplaceAll(f.Name, `\`, "/"))
	}
	kind, _, _ := strings.Cut(http.DetectContentType(data), ";")
	stem, ext := "file", ".bin"
	switch kind {
	case "image/jpeg":
		stem, ext = "photo", ".jpg"
	case "image/png", "image/gif", "image/webp":
		stem, ext = "photo", "."+strings.TrimPrefix(kind, "image/")
	case "video/mp4", "video/webm":
		stem, ext = "video", "."+strings.TrimPrefix(kind, "video/")
	case "audio/mpeg":
		stem, ext = "sound", ".mp3"
	}
	for n := 1; ; n++ {
		if name := fmt.Sprintf("%s-%d%s", stem, n, ext); !w.has(name) {
			return name
		}
	}
}

// incomplete is a file that broke off, unless its sender's network says why it
// gives no more.
func incomplete(err error) error {
	if services.IsCode(err, services.CodeBadContent) {
		return err
	}
	return refuse(Incomplete, err)
}

func isHTML(name string, data []byte) bool {
	ext := strings.ToLower(filepath.Ext(name))
	return ext == ".html" || ext == ".htm" || strings.HasPrefix(http.DetectContentType(data), "text/html")
}

// showable are the kinds of single file that make sense on a page of their
// own. An archive may hold anything.
func showable(name string, data []byte) bool {
	kind := http.DetectContentType(data)
	for _, prefix := range []string{"text/", "image/", "audio/", "video/", "application/pdf"} {
		if strings.HasPrefix(kind, prefix) {
			return true
		}
	}
	known := []string{".html", ".htm", ".css", ".txt", ".md", ".json", ".svg", ".webp", ".avif", ".mp4", ".mp3", ".ogg", ".epub", ".csv"}
	return slices.Contains(known, strings.ToLower(filepath.Ext(name)))
}
