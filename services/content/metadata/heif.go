package metadata

import (
	"bytes"
	"encoding/binary"
	"slices"
)

func heifBrand(brand string) bool {
	return slices.Contains([]string{"heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "avif", "avis"}, brand)
}

// box is one box of an ISO media file.
type box struct {
	kind string
	body []byte
	at   int // where body begins, in what was given to boxes
}

// boxes takes a stretch of an ISO media file apart.
func boxes(data []byte) ([]box, bool) {
	var out []box
	for at := 0; at < len(data); {
		if at+8 > len(data) {
			return out, false
		}
		head, size := 8, uint64(binary.BigEndian.Uint32(data[at:]))
		switch size {
		case 0:
			size = uint64(len(data) - at)
		case 1:
			if at+16 > len(data) {
				return out, false
			}
			head, size = 16, binary.BigEndian.Uint64(data[at+8:])
		}
		if size < uint64(head) || size > uint64(len(data)-at) {
			return out, false
		}
		end := at + int(size)
		out = append(out, box{kind: string(data[at+4 : at+8]), body: data[at+head : end], at: at + head})
		at = end
	}
	return out, true
}

func find(list []box, kind string) (box, bool) {
	i := slices.IndexFunc(list, func(b box) bool { return b.kind == kind })
	if i < 0 {
		return box{}, false
	}
	return list[i], true
}

// stripHEIF overwrites the Exif and XMP items of a picture with zeros: sizes
// and places of everything else stay as they are. How the picture is turned
// stands in its properties ("irot") and is kept.
func stripHEIF(data []byte, found *finds) ([]byte, error) {
	h, ok := openHEIF(data)
	if !ok {
		return nil, ErrBroken
	}
	out := bytes.Clone(data)
	for id, kind := range h.items {
		extents, ok := extentsOf(h.locations, id, h.idat)
		if !ok {
			return nil, ErrBroken
		}
		for _, e := range extents {
			if !slices.ContainsFunc(h.stores, e.within) {
				return nil, ErrBroken // where the structure stands, or nowhere
			}
			block := out[e.from : e.from+e.size]
			nameItem(kind, block, found)
			clear(block)
		}
	}
	return out, nil
}

// heif is what has to be known of a picture's structure.
type heif struct {
	items     map[uint32]string // that are metadata, with their kinds
	locations []byte            // the body of "iloc"
	stores    []box             // that hold the data of items
	idat      int               // where the one inside "meta" begins; 0 for none
}

func openHEIF(data []byte) (h heif, ok bool) {
	top, ok := boxes(data)
	meta, has := find(top, "meta")
	if !ok || !has || len(meta.body) < 4 {
		return h, false
	}
	inner, ok := boxes(meta.body[4:]) // a version and flags come first
	info, hasInfo := find(inner, "iinf")
	locations, hasLocations := find(inner, "iloc")
	if !ok || !hasInfo || !hasLocations {
		return h, false
	}
	h.locations = locations.body
	if b, has := find(inner, "idat"); has {
		b.at += meta.at + 4
		h.idat, h.stores = b.at, append(h.stores, b)
	}
	for _, b := range top {
		if b.kind == "mdat" {
			h.stores = append(h.stores, b)
		}
	}
	h.items, ok = metadataItems(info.body)
	return h, ok
}

// nameItem names what an item holds.
func nameItem(kind string, block []byte, found *finds) {
	if len(bytes.Trim(block, "\x00")) == 0 {
		return // cleaned before
	}
	if kind != "Exif" {
		found.add(XMP)
		return
	}
	// Four bytes say where the TIFF part begins.
	if len(block) > 4 {
		if skip := uint64(binary.BigEndian.Uint32(block)) + 4; skip < uint64(len(block)) {
			readExif(block[skip:], found)
		}
	}
	found.add(Exif)
}

// metadataItems are the items that are no picture: Exif, and XMP as "mime".
func metadataItems(body []byte) (map[uint32]string, bool) {
	r := &reader{b: body}
	if version := r.uint(1); r.skip(3) && version == 0 {
		r.uint(2)
	} else {
		r.uint(4)
	}
	if r.short {
		return nil, false
	}
	list, ok := boxes(r.b)
	items := make(map[uint32]string)
	for _, b := range list {
		e := &reader{b: b.body}
		version := e.uint(1)
		e.skip(3)
		if b.kind != "infe" || version < 2 {
			continue
		}
		size := 2
		if version > 2 {
			size = 4
		}
		id := uint32(e.uint(size))
		e.uint(2) // protection
		kind := e.text(4)
		if !e.short && (kind == "Exif" || kind == "mime") {
			items[id] = kind
		}
	}
	return items, ok
}
