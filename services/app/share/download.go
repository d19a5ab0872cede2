package share

import (
	"errors"
	"io"
)

// errOver ends the downloads that are under way when the last one that the
// rules allow is complete.
var errOver = errors.New("the last download is complete")

// download is one answer's way through an archive or a file. It knows which
// bytes were read for it.
type download struct {
	tally  *tally
	item   *item
	size   int64
	read   func(b []byte, at int64) (int, error)
	pos    int64
	sought bool // the next read begins a new span
	sent   []span
}

var _ io.ReadSeeker = (*download)(nil)

func (d *download) Read(b []byte) (int, error) {
	if d.tally.isOver() {
		return 0, errOver
	}
	if d.pos >= d.size {
		return 0, io.EOF
	}
	if d.sought {
		d.sought = false
		d.tally.resume(d.item, d.pos)
		d.sent = append(d.sent, span{d.pos, d.pos})
	}
	n, err := d.read(b[:min(int64(len(b)), d.size-d.pos)], d.pos)
	d.pos += int64(n)
	d.sent[len(d.sent)-1].to = d.pos
	return n, err
}

func (d *download) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += d.pos
	case io.SeekEnd:
		offset += d.size
	}
	if offset < 0 {
		return 0, errors.New("before the beginning")
	}
	d.pos, d.sought = offset, true
	return offset, nil
}
