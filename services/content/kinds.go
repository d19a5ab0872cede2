package content

import (
	"archive/tar"
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"onionbot/services/content/metadata"
)

// packing is the format of an archive.
type packing string

const (
	packNone   packing = ""
	packZip    packing = "zip"
	packTar    packing = "tar"
	packGzip   packing = "gzip"
	packBzip2  packing = "bzip2"
	packSeven  packing = "7z"
	packRAR    packing = "rar"
	packXZ     packing = "xz"
	packZstd   packing = "zstd"
	packStuff  packing = "sit"
	packCab    packing = "cab"
	packDiskMG packing = "dmg"
)

// packingOf tells from its first bytes what kind of archive data is.
func packingOf(name string, data []byte) packing {
	for magic, p := range map[string]packing{
		"PK\x03\x04": packZip, "PK\x05\x06": packZip, "\x1f\x8b": packGzip, "BZh": packBzip2,
		"7z\xBC\xAF\x27\x1C": packSeven, "Rar!\x1a\x07": packRAR, "\xfd7zXZ\x00": packXZ, "\x28\xb5\x2f\xfd": packZstd,
		"StuffIt": packStuff, "SIT!": packStuff, "MSCF": packCab,
	} {
		if bytes.HasPrefix(data, []byte(magic)) {
			return p
		}
	}
	switch {
	case isTar(data):
		return packTar
	case strings.EqualFold(path.Ext(name), ".dmg"):
		return packDiskMG
	}
	return packNone
}

// isTar believes the checksum of the first header, so that old archives
// without a magic word are found too.
func isTar(data []byte) bool {
	if len(data) < 512 || len(bytes.TrimRight(data[:512], "\x00")) == 0 {
		return false
	}
	_, err := tar.NewReader(bytes.NewReader(data)).Next()
	return err == nil
}

// program reports whether data is an executable: nothing that a site shows.
func program(data []byte) bool {
	for _, magic := range []string{"\x7fELF", "MZ", "\xcf\xfa\xed\xfe", "\xce\xfa\xed\xfe", "\xca\xfe\xba\xbe"} {
		if bytes.HasPrefix(data, []byte(magic)) {
			return true
		}
	}
	return false
}

func extension(name string) string { return strings.ToLower(path.Ext(name)) }

func isHTML(name string) bool {
	return slices.Contains([]string{".html", ".htm", ".xhtml", ".shtml"}, extension(name))
}

func isMarkdown(name string) bool {
	return slices.Contains([]string{".md", ".markdown", ".mdown", ".mkd"}, extension(name))
}

func isText(name string) bool {
	return slices.Contains([]string{".txt", ".text", ".log", ".asc"}, extension(name))
}

// heic reports whether data is a picture in a format of phones that browsers
// do not show. AVIF is a relative that they do.
func heic(data []byte) bool {
	return metadata.Sniff(data) == metadata.HEIF && !bytes.HasPrefix(data[8:], []byte("avi"))
}

// nameOf is the last element of a file's own name, or a name made for it: the
// first picture without one is "photo-1.jpg". A page that is sent alone is
// called so.
func (w *writer) nameOf(f File, data []byte, alone bool) string {
	kind, _, _ := strings.Cut(http.DetectContentType(data), ";")
	name := path.Base(strings.ReplaceAll(f.Name, `\`, "/"))
	if alone && kind == "text/html" && !isHTML(name) && !isMarkdown(name) {
		return cmp.Or(strings.Trim(name, "./"), "page") + ".html"
	}
	if strings.Trim(f.Name, "./\\") != "" {
		return name
	}
	stem, ext := "file", ".bin"
	switch kind {
	case "image/jpeg":
		stem, ext = "photo", ".jpg"
	case "image/png", "image/gif", "image/webp":
		stem, ext = "photo", "."+strings.TrimPrefix(kind, "image/")
	case "video/mp4", "video/webm":
		stem, ext = "video", "."+strings.TrimPrefix(kind, "video/")
	case "audio/mpeg":
		stem, ext = "sound", ".mp3"
	}
	for n := 1; ; n++ {
		if name := fmt.Sprintf("%s-%d%s", stem, n, ext); !w.has(name) {
			return name
		}
	}
}

// kindOf is how a file can be shown on a page.
func kindOf(name string) Kind {
	switch extension(name) {
	case ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".webp", ".avif", ".svg", ".apng", ".bmp":
		return Picture
	case ".mp3", ".ogg", ".oga", ".opus", ".flac", ".wav", ".m4a", ".aac":
		return Sound
	case ".mp4", ".webm", ".m4v", ".ogv", ".mov":
		return Film
	}
	return Document
}

// href is a path as a link from the first page, every element escaped.
func href(name string) string {
	elements := strings.Split(name, "/")
	for i, e := range elements {
		elements[i] = url.PathEscape(e)
	}
	return strings.Join(elements, "/")
}
