package metadata

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"
)

const pngMagic = "\x89PNG\r\n\x1a\n"

// drawn are the chunks that a PNG needs to be drawn, moving pictures too.
func drawn() []string {
	return []string{
		"IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB", "iCCP", "sBIT", "bKGD", "pHYs",
		"cICP", "mDCV", "cLLI", "acTL", "fcTL", "fdAT",
	}
}

// stripPNG copies the chunks that are drawn.
func stripPNG(data []byte, found *finds) ([]byte, error) {
	out := bytes.NewBufferString(pngMagic)
	keep := drawn()
	for at := len(pngMagic); ; {
		if at+12 > len(data) {
			return nil, ErrBroken
		}
		size := uint64(binary.BigEndian.Uint32(data[at:]))
		if uint64(at)+12+size > uint64(len(data)) {
			return nil, ErrBroken
		}
		end := at + 12 + int(size)
		kind, chunk := string(data[at+4:at+8]), data[at:end]
		at = end
		switch {
		case slices.Contains(keep, kind):
			out.Write(chunk)
		case kind == "eXIf":
			if o := readExif(chunk[8:len(chunk)-4], found); o != 1 {
				out.Write(pngChunk("eXIf", orientationOnly(o)))
			}
		case kind == "tEXt" || kind == "zTXt" || kind == "iTXt":
			found.add(pngText(chunk[8 : len(chunk)-4]))
		case kind == "tIME":
			found.add(Time)
		case kind[0] >= 'A' && kind[0] <= 'Z' || !letters(kind):
			return nil, ErrBroken // needed for drawing, and not known
		default:
			found.add(Comment)
		}
		if kind == "IEND" {
			break
		}
	}
	return out.Bytes(), nil
}

func letters(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}

// pngText is the field that a text chunk's keyword stands for.
func pngText(body []byte) string {
	keyword, _, _ := bytes.Cut(body, []byte{0})
	switch string(keyword) {
	case "Author", "Copyright":
		return Author
	case "Software":
		return Software
	case "Creation Time":
		return Time
	case "XML:com.adobe.xmp":
		return XMP
	}
	return Comment
}

func pngChunk(kind string, body []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	out = append(append(out, kind...), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}
