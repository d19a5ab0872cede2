// Package metadata finds and removes what pictures and documents tell about
// the people who made them: places, cameras, names.
//
// Pictures are cleaned without loss: segments, chunks and items that hold no
// pixels are left out, the rest is copied byte by byte. No library of the Go
// world does this for these four containers and is kept up (the ones that
// exist re-encode the picture or read Exif only), and what has to be known of
// a container for leaving parts out is little. Everything here is pure: bytes
// in, bytes out.
package metadata

import (
	"bytes"
	"errors"
	"slices"
)

// Fields that are found; they are shown to users and never hold values.
const (
	Place    = "place (GPS)"
	Camera   = "camera"
	Author   = "author"
	Time     = "time taken"
	Software = "software"
	Comment  = "comment"
	Exif     = "Exif"
	XMP      = "XMP"
	IPTC     = "IPTC"
	Preview  = "preview"
)

// ErrBroken is the error of a picture that cannot be taken apart.
var ErrBroken = errors.New("the picture cannot be taken apart")

// Picture is a kind of picture that can be cleaned.
type Picture string

// The kinds of picture. HEIF stands for its relatives too: HEIC and AVIF.
const (
	None Picture = ""
	JPEG Picture = "jpeg"
	PNG  Picture = "png"
	WebP Picture = "webp"
	HEIF Picture = "heif"
)

// Sniff tells from the first 16 bytes what kind of picture data is.
func Sniff(data []byte) Picture {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return JPEG
	case bytes.HasPrefix(data, []byte(pngMagic)):
		return PNG
	case len(data) >= 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP":
		return WebP
	case len(data) >= 12 && string(data[4:8]) == "ftyp" && heifBrand(string(data[8:12])):
		return HEIF
	}
	return None
}

// Strip returns a picture without metadata, its orientation kept, and the
// fields that were in it, each once. Data of another kind comes back as it is.
// The error is [ErrBroken].
func Strip(data []byte) (clean []byte, fields []string, err error) {
	var found finds
	switch Sniff(data) {
	case JPEG:
		clean, err = stripJPEG(data, &found)
	case PNG:
		clean, err = stripPNG(data, &found)
	case WebP:
		clean, err = stripWebP(data, &found)
	case HEIF:
		clean, err = stripHEIF(data, &found)
	default:
		return data, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return clean, found.list(), nil
}

// Suspicious reports whether a picture that cannot be taken apart holds signs
// of metadata all the same.
func Suspicious(data []byte) bool {
	for _, sign := range []string{"Exif\x00\x00", "eXIf", "EXIF", "http://ns.adobe.com/xap", "<x:xmpmeta", "Photoshop 3.0", "GPSLatitude", "MM\x00*", "II*\x00"} {
		if bytes.Contains(data, []byte(sign)) {
			return true
		}
	}
	return false
}

// finds collects fields.
type finds []string

func (f *finds) add(fields ...string) {
	for _, field := range fields {
		if !slices.Contains(*f, field) {
			*f = append(*f, field)
		}
	}
}

func (f *finds) list() []string {
	slices.Sort(*f)
	return *f
}
