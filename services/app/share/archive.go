package share

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
)

// archive is a zip file that is nowhere: what stands between the files is
// known, and the files are read where they are. They are stored as they are,
// so that its length is known and a download can go on in the middle.
type archive struct {
	parts []part
	size  int64
	tag   string
}

// part is one piece of an archive: a file, or what stands before it.
type part struct {
	at   int64
	data []byte
	file *file
}

// layOut makes the archive of a revision.
func layOut(r *revision) (*archive, error) {
	sketch := &sketch{archive: &archive{}}
	z := zip.NewWriter(sketch)
	names := []string{r.name}
	for _, f := range r.files {
		sum, err := f.sum()
		if err != nil {
			return nil, err
		}
		w, err := z.CreateRaw(header(f, sum))
		if err != nil {
			return nil, err
		}
		if err := sketch.put(z, w, f); err != nil {
			return nil, err
		}
		names = append(names, f.name, fmt.Sprint(f.size))
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	sketch.archive.tag = tag(names...)
	return sketch.archive, nil
}

// header is a file's in the archive. It tells no time but the format's first.
func header(f *file, sum uint32) *zip.FileHeader {
	const (
		utf8  = 0x800
		unix  = 3 << 8
		first = 1<<5 | 1 // 1 January 1980
	)
	h := &zip.FileHeader{
		Name: f.name, Method: zip.Store, CRC32: sum, Flags: utf8,
		CompressedSize64: uint64(f.size), UncompressedSize64: uint64(f.size),
	}
	//lint:ignore SA1019 of a raw header Modified is not written
	h.ModifiedDate = first //nolint:staticcheck // as above
	h.SetMode(0o644)
	h.CreatorVersion, h.ReaderVersion = unix|20, 20
	return h
}

// sketch takes what the zip package writes, and takes note of a file instead of
// what is in it.
type sketch struct {
	archive *archive
	inside  bool // a file: only its length counts
}

func (s *sketch) Write(b []byte) (int, error) {
	a := s.archive
	if !s.inside {
		if n := len(a.parts); n == 0 || a.parts[n-1].file != nil {
			a.parts = append(a.parts, part{at: a.size})
		}
		last := &a.parts[len(a.parts)-1]
		last.data = append(last.data, b...)
	}
	a.size += int64(len(b))
	return len(b), nil
}

// put stands a file in the place of so many zeros.
func (s *sketch) put(z *zip.Writer, w io.Writer, f *file) error {
	if err := z.Flush(); err != nil {
		return err
	}
	s.archive.parts = append(s.archive.parts, part{at: s.archive.size, file: f})
	s.inside = true
	defer func() { s.inside = false }()
	if _, err := io.CopyN(w, zeros{}, f.size); err != nil {
		return err
	}
	return z.Flush()
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// readAt reads the archive from an offset on, at most to the end of a part.
// open is the file that was read last.
func (a *archive) readAt(b []byte, at int64, open *opened) (int, error) {
	if at >= a.size {
		return 0, io.EOF
	}
	i := sort.Search(len(a.parts), func(i int) bool { return a.parts[i].at > at }) - 1
	p, end := a.parts[i], a.size
	if i+1 < len(a.parts) {
		end = a.parts[i+1].at
	}
	b = b[:min(int64(len(b)), end-at)]
	if p.file == nil {
		return copy(b, p.data[at-p.at:]), nil
	}
	return open.readAt(p.file, b, at-p.at)
}

// opened is a file that is being read.
type opened struct {
	file *file
	in   *os.File
}

func (o *opened) readAt(f *file, b []byte, at int64) (int, error) {
	if o.file != f {
		o.close()
		in, err := os.Open(f.path)
		if err != nil {
			return 0, err
		}
		o.file, o.in = f, in
	}
	n, err := o.in.ReadAt(b, at)
	if n > 0 && errors.Is(err, io.EOF) {
		err = nil
	}
	if n == 0 && errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF // it became shorter
	}
	return n, err
}

func (o *opened) close() {
	if o.in != nil {
		_ = o.in.Close()
	}
	o.file, o.in = nil, nil
}
