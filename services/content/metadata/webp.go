package metadata

import (
	"encoding/binary"
	"slices"
)

// The flags of a WebP's VP8X chunk that announce metadata.
const (
	webpXMP  = 0x04
	webpExif = 0x08
)

// stripWebP copies the chunks that are drawn.
func stripWebP(data []byte, found *finds) ([]byte, error) {
	out := []byte("RIFF\x00\x00\x00\x00WEBP")
	extended, orientation := -1, uint16(1)
	for at := 12; at+8 <= len(data); {
		kind, size := string(data[at:at+4]), uint64(binary.LittleEndian.Uint32(data[at+4:]))
		if uint64(at)+8+size > uint64(len(data)) {
			return nil, ErrBroken
		}
		body := data[at+8 : at+8+int(size)]
		at += 8 + len(body) + len(body)%2
		switch {
		case kind == "EXIF":
			orientation = readExif(body, found)
		case kind == "XMP ":
			found.add(XMP)
		case slices.Contains([]string{"VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "ICCP"}, kind):
			if kind == "VP8X" && len(body) >= 1 {
				extended = len(out) + 8
			}
			out = appendRIFF(out, kind, body)
		default:
			found.add(Comment)
		}
	}
	if len(out) == 12 {
		return nil, ErrBroken
	}
	if extended >= 0 {
		out[extended] &^= webpXMP | webpExif
		if orientation != 1 {
			out[extended] |= webpExif
			out = appendRIFF(out, "EXIF", orientationOnly(orientation))
		}
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out, nil
}

func appendRIFF(out []byte, kind string, body []byte) []byte {
	out = append(out, kind...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(body)))
	out = append(out, body...)
	if len(body)%2 == 1 {
		out = append(out, 0)
	}
	return out
}
