package metadata

// reader takes big-endian numbers off the front of a box.
type reader struct {
	b     []byte
	short bool // more was asked for than there was
}

func (r *reader) skip(n int) bool {
	if n > len(r.b) {
		r.b, r.short = nil, true
		return false
	}
	r.b = r.b[n:]
	return true
}

func (r *reader) uint(n int) uint64 {
	if n > len(r.b) {
		r.b, r.short = nil, true
		return 0
	}
	var v uint64
	for _, c := range r.b[:n] {
		v = v<<8 | uint64(c)
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) text(n int) string {
	if n > len(r.b) {
		r.b, r.short = nil, true
		return ""
	}
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

// extent is where a part of an item stands in the file.
type extent struct{ from, size uint64 }

// within reports whether an extent stands inside a box's body.
func (e extent) within(b box) bool {
	from, size := uint64(b.at), uint64(len(b.body))
	return e.from >= from && e.from-from <= size && e.size <= size-(e.from-from)
}

// sizes are the widths of iloc's numbers, in bytes.
type sizes struct{ version, offset, length, base, index int }

// extentsOf reads from an "iloc" box where item id stands. idat is where the
// meta box's own data begins in the file.
func extentsOf(body []byte, id uint32, idat int) ([]extent, bool) {
	r := &reader{b: body}
	s := sizes{version: int(r.uint(1))}
	r.skip(3)
	widths := r.uint(2)
	s.offset, s.length, s.base, s.index = int(widths>>12), int(widths>>8&15), int(widths>>4&15), int(widths&15)
	if s.length == 0 {
		return nil, false // "the whole file", and no bound for the loop below
	}
	wide := 2
	if s.version == 2 {
		wide = 4
	}
	var out []extent
	for count := r.uint(wide); count > 0 && !r.short; count-- {
		same := uint32(r.uint(wide)) == id
		list, ok := r.item(s, idat)
		if same {
			if !ok {
				return nil, false // it stands in another file, or inside another item
			}
			out = append(out, list...)
		}
	}
	return out, !r.short && out != nil
}

// item reads the extents of one item.
func (r *reader) item(s sizes, idat int) (list []extent, ok bool) {
	method := uint64(0)
	if s.version > 0 {
		method = r.uint(2) & 15
	}
	file := r.uint(2)
	base := r.uint(s.base)
	if method == 1 {
		base += uint64(idat)
	}
	for n := r.uint(2); n > 0 && !r.short; n-- {
		if s.version > 0 {
			r.uint(s.index)
		}
		from := r.uint(s.offset)
		list = append(list, extent{from: base + from, size: r.uint(s.length)})
	}
	return list, method <= 1 && file == 0 && (method == 0 || idat > 0)
}
