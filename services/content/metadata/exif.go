package metadata

import (
	"bytes"
	"encoding/binary"
)

// The tags of Exif that matter here.
const (
	tagMake        = 0x010F
	tagModel       = 0x0110
	tagOrientation = 0x0112
	tagSoftware    = 0x0131
	tagDateTime    = 0x0132
	tagArtist      = 0x013B
	tagCopyright   = 0x8298
	tagExifIFD     = 0x8769
	tagGPSIFD      = 0x8825
	tagComment     = 0x9286
	tagOwner       = 0xA430
	tagLens        = 0xA434
	tagXPAuthor    = 0x9C9D
)

// readExif names what an Exif block (a TIFF file in small) holds and returns
// the orientation, 1 where none is given. A block that cannot be read is named
// as such: it is dropped all the same.
func readExif(block []byte, found *finds) (orientation uint16) {
	orientation = 1
	block = bytes.TrimPrefix(block, []byte("Exif\x00\x00"))
	if len(block) < 8 {
		return orientation
	}
	var order binary.ByteOrder = binary.LittleEndian
	if block[0] == 'M' {
		order = binary.BigEndian
	}
	before := len(*found)
	other := false
	for at, depth := order.Uint32(block[4:]), 0; at != 0 && depth < 2; depth++ {
		next := uint32(0)
		for tag, value := range entries(block, order, at) {
			switch tag {
			case tagOrientation:
				if o := order.Uint16(value); o >= 1 && o <= 8 {
					orientation = o
				}
			case tagExifIFD:
				next = order.Uint32(value)
			default:
				other = true
				found.add(fieldsOf(tag)...)
			}
		}
		at = next
	}
	if len(*found) == before && other {
		found.add(Exif)
	}
	return orientation
}

// entries walks the tags of one directory; the value is the four bytes in the
// directory itself.
func entries(block []byte, order binary.ByteOrder, at uint32) func(func(uint16, []byte) bool) {
	return func(yield func(uint16, []byte) bool) {
		if uint64(at)+2 > uint64(len(block)) {
			return
		}
		count := int(order.Uint16(block[at:]))
		for i := range count {
			from := uint64(at) + 2 + uint64(i)*12
			if from+12 > uint64(len(block)) || !yield(order.Uint16(block[from:]), block[from+8:from+12]) {
				return
			}
		}
	}
}

func fieldsOf(tag uint16) []string {
	switch tag {
	case tagGPSIFD:
		return []string{Place}
	case tagMake, tagModel, tagLens:
		return []string{Camera}
	case tagArtist, tagCopyright, tagOwner, tagXPAuthor:
		return []string{Author}
	case tagDateTime:
		return []string{Time}
	case tagSoftware:
		return []string{Software}
	case tagComment:
		return []string{Comment}
	}
	return nil
}

// orientationOnly is an Exif block that says how a picture is turned and
// nothing else.
func orientationOnly(orientation uint16) []byte {
	block := []byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00")
	binary.BigEndian.PutUint16(block[18:], orientation)
	return block
}
