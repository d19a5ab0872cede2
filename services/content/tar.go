package content

import (
	"archive/tar"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
)

// tarArchive is what is in a tar file, packed or not; nil for a single file
// that was packed without one.
func (w *writer) tarArchive(name string, p packing, data []byte) (archive, error) {
	// Everything that comes out counts, headers and what is passed over too.
	most := min(w.limits.unpacked(len(data)), w.limits.Bytes) + 4<<20
	open := func() (*tar.Reader, error) {
		r, err := unpacker(p, data)
		return tar.NewReader(&bomb{from: r, left: most}), err
	}
	t, err := open()
	if err == nil {
		_, err = t.Next()
	}
	if err != nil && !errors.Is(err, io.EOF) && (p == packTar || reasonOf(err) != "" || calledTar(name)) {
		return nil, refuse(BadZip, err)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil //nolint:nilerr // a packed file that holds no tar: a download
	}
	return func(yield func(member) error) error {
		t, err := open()
		if err != nil {
			return refuse(BadZip, err)
		}
		for {
			h, err := t.Next()
			switch {
			case errors.Is(err, io.EOF):
				return nil
			case reasonOf(err) != "":
				return err
			case err != nil:
				return refuse(BadZip, err)
			case h.Typeflag == tar.TypeXGlobalHeader:
				continue
			}
			if err := yield(tarMember(t, h)); err != nil {
				return err
			}
		}
	}, nil
}

// calledTar reports whether a packed file says of itself that it holds a tar.
func calledTar(name string) bool {
	stem, packed := strings.CutSuffix(strings.ToLower(name), extension(name))
	return packed && (path.Ext(stem) == ".tar" || strings.HasPrefix(extension(name), ".t"))
}

func tarMember(t *tar.Reader, h *tar.Header) member {
	mode := h.FileInfo().Mode()
	if h.Typeflag == tar.TypeLink {
		mode = fs.ModeSymlink // it names another file of the archive
	}
	return member{
		name: decodeName(h.Name), raw: h.Name, mode: mode,
		open: func() (io.ReadCloser, error) { return io.NopCloser(t), nil },
	}
}

func unpacker(p packing, data []byte) (io.Reader, error) {
	from := bytes.NewReader(data)
	switch p {
	case packGzip:
		return gzip.NewReader(from)
	case packBzip2:
		return bzip2.NewReader(from), nil
	}
	return from, nil
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
