package metadata

import (
	"bytes"
	"encoding/binary"
)

// Markers of JPEG.
const (
	markSOI  = 0xD8
	markEOI  = 0xD9
	markSOS  = 0xDA
	markAPP0 = 0xE0
	markAPP1 = 0xE1
	markAPP2 = 0xE2
	markAPPD = 0xED
	markAPPE = 0xEE
	markAPPF = 0xEF
	markCOM  = 0xFE
)

// stripJPEG copies the segments that are needed to draw the picture. What
// comes after its end (previews, the film of a "live" photo) is left out.
func stripJPEG(data []byte, found *finds) ([]byte, error) {
	j := jpegCopy{data: data, at: 2, orientation: 1, found: found}
	var body bytes.Buffer
	for {
		mark, segment, ok := j.next()
		if !ok {
			return nil, ErrBroken
		}
		if mark == markEOI {
			body.Write([]byte{0xFF, markEOI})
			break
		}
		if j.keep(mark, segment) {
			body.Write(segment)
		}
		if mark == markSOS {
			body.Write(j.scan())
			if j.at >= len(data) { // cut off; browsers show what is there
				break
			}
		}
	}
	if len(bytes.TrimRight(data[j.at:], "\x00")) > 0 {
		found.add(Preview)
	}
	return j.join(body.Bytes()), nil
}

type jpegCopy struct {
	data        []byte
	at          int
	orientation uint16
	found       *finds
}

// next is the segment at hand with its marker and length.
func (j *jpegCopy) next() (mark byte, segment []byte, ok bool) {
	for j.at+1 < len(j.data) && j.data[j.at] == 0xFF && j.data[j.at+1] == 0xFF {
		j.at++ // fill bytes
	}
	if j.at+2 > len(j.data) || j.data[j.at] != 0xFF {
		return 0, nil, false
	}
	mark = j.data[j.at+1]
	start := j.at
	if mark == markEOI {
		j.at += 2
		return mark, j.data[start:j.at], true
	}
	if j.at+4 > len(j.data) || mark == 0 || mark == markSOI || mark >= 0xD0 && mark <= 0xD7 || mark == 1 {
		return 0, nil, false
	}
	length := int(binary.BigEndian.Uint16(j.data[j.at+2:]))
	if length < 2 || j.at+2+length > len(j.data) {
		return 0, nil, false
	}
	j.at += 2 + length
	return mark, j.data[start:j.at], true
}

// scan is the coded picture up to the next marker.
func (j *jpegCopy) scan() []byte {
	start := j.at
	for ; j.at+1 < len(j.data); j.at++ {
		if j.data[j.at] != 0xFF {
			continue
		}
		if m := j.data[j.at+1]; m != 0 && m != 0xFF && (m < 0xD0 || m > 0xD7) {
			return j.data[start:j.at]
		}
	}
	j.at = len(j.data)
	return j.data[start:]
}

// keep decides on a segment: JFIF, the colour profile and Adobe's colour
// transform are needed for drawing, other application data is not.
func (j *jpegCopy) keep(mark byte, segment []byte) bool {
	body := segment[min(4, len(segment)):]
	switch {
	case mark == markAPP0:
		return bytes.HasPrefix(body, []byte("JFIF\x00"))
	case mark == markAPP1 && bytes.HasPrefix(body, []byte("Exif\x00")):
		if o := readExif(body, j.found); o != 1 {
			j.orientation = o
		}
	case mark == markAPP1:
		j.found.add(XMP)
	case mark == markAPP2:
		return bytes.HasPrefix(body, []byte("ICC_PROFILE\x00"))
	case mark == markAPPD:
		j.found.add(IPTC)
	case mark == markAPPE:
		return bytes.HasPrefix(body, []byte("Adobe"))
	case mark == markCOM:
		j.found.add(Comment)
	case mark > markAPP2 && mark <= markAPPF:
	default:
		return true
	}
	return false
}

// join puts the beginning, the orientation where it matters, and the rest
// together.
func (j *jpegCopy) join(body []byte) []byte {
	out := []byte{0xFF, markSOI}
	if j.orientation != 1 {
		exif := append([]byte("Exif\x00\x00"), orientationOnly(j.orientation)...)
		out = append(out, 0xFF, markAPP1)
		out = binary.BigEndian.AppendUint16(out, uint16(len(exif)+2))
		out = append(out, exif...)
	}
	return append(out, body...)
}
