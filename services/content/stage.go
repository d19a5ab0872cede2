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

// File is one file as it was received. Read fetches it once.
type File struct {
	Name string // as the sender named it; hostile
	Read func(ctx context.Context) (io.ReadCloser, error)
}

// Stage receives files into a fresh directory, checked and unpacked, ready to
// be adopted. One zip archive is unpacked; one HTML file becomes the index;
// anything else stands under its own name. Refusals are
// [services.CodeBadContent], and nothing stays behind.
func (s *Store) Stage(ctx context.Context, limits Limits, files []File) (staged string, err error) {
	dir, err := os.MkdirTemp(s.staging(), "in-")
	if err != nil {
		return "", fmt.Errorf("stage content: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(dir)
		}
	}()
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", fmt.Errorf("stage content: %w", err)
	}
	defer root.Close()
	w := &writer{root: root, limits: limits, seen: make(map[string]bool)}
	if len(files) == 0 {
		return "", refuse(Empty, errors.New("no file"))
	}
	for _, f := range files {
		if err := receive(ctx, w, f, len(files) == 1); err != nil {
			return "", err
		}
	}
	if len(w.seen) == 0 {
		return "", refuse(Empty, errors.New("no file in it"))
	}
	if err := w.index(); err != nil {
		return "", err
	}
	// The container reads as another user; the directories above are 0700.
	return dir, os.Chmod(dir, 0o755) //nolint:gosec // see above
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
	name := filepath.Base(strings.ReplaceAll(f.Name, `\`, "/"))
	if alone && isHTML(name, data) {
		name = "index.html"
	}
	clean, err := w.limits.clean(name)
	if err != nil {
		return err
	}
	if !showable(clean, data) {
		return refuse(Unsupported, fmt.Errorf("content type %s", http.DetectContentType(data)))
	}
	return w.write(clean, bytes.NewReader(data))
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
