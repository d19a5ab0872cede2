package metadata

import (
	"archive/zip"
	"bytes"
	"io"
	"regexp"
	"strings"
)

// How much is looked at, in bytes: names stand early, and a hostile document
// must not cost minutes.
const (
	most  = 2 << 20  // of one part of a document
	inAll = 3 * most // of all parts
)

// Find names the fields in a document or film that tell about its author, as
// its own format calls them; never their values. It does not change anything,
// and it is no proof that nothing is left.
func Find(data []byte) []string {
	var found finds
	switch {
	case bytes.HasPrefix(data, []byte("%PDF-")):
		findPDF(data, &found)
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		findPacked(data, &found)
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")): // Word, Excel before 2007
		found.add("Author", "LastAuthor")
	case bytes.HasPrefix(data, []byte("II*\x00")) || bytes.HasPrefix(data, []byte("MM\x00*")):
		readExif(data, &found)
	case len(data) > 12 && string(data[4:8]) == "ftyp" && Sniff(data) == None:
		findFilm(data, &found)
	case bytes.HasPrefix(data, []byte("ID3")):
		findSound(data, &found)
	case bytes.HasPrefix(data, []byte("GIF8")):
		if bytes.Contains(data, []byte("XMP DataXMP")) {
			found.add(XMP)
		}
	default:
		findMarkup(data, &found)
	}
	return found.list()
}

// named are patterns with the field that each stands for. Each wants at least
// one character of a value.
type named []struct {
	pattern *regexp.Regexp
	field   string
}

func (n named) in(data []byte, found *finds) {
	for _, p := range n {
		if p.pattern.Match(data) {
			found.add(p.field)
		}
	}
}

// element matches an XML element of that local name that is not empty; broken
// namespaces do not hide it.
func element(local string) *regexp.Regexp {
	return regexp.MustCompile(`<(?:[\w-]+:)?` + local + `(?:\s[^>]*)?>\s*[^<\s]`)
}

func attribute(name string) *regexp.Regexp {
	return regexp.MustCompile(`[\s:]` + name + `\s*=\s*["'][^"']`)
}

func officeFields() named {
	return named{
		{element("creator"), "creator"},
		{element("initial-creator"), "initial-creator"},
		{element("lastModifiedBy"), "LastModifiedBy"},
		{element("printed-by"), "printed-by"},
		{element("Company"), "Company"},
		{element("Manager"), "Manager"},
		{attribute("author"), "author of comments or changes"},
	}
}

// findPacked looks into Office documents, of Microsoft's kind and of
// OpenDocument's, and into the pictures that stand in them.
func findPacked(data []byte, found *finds) {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return
	}
	budget := int64(inAll)
	for _, f := range archive.File {
		name := strings.ToLower(f.Name)
		told := strings.HasPrefix(name, "docprops/") || name == "meta.xml" || name == "content.xml" || strings.HasSuffix(name, "people.xml") ||
			strings.Contains(name, "comment") || name == "word/document.xml"
		picture := strings.Contains(name, "media/") || strings.HasPrefix(name, "pictures/")
		if !told && !picture || budget <= 0 {
			continue
		}
		part := read(f)
		budget -= int64(len(part))
		if told && strings.HasSuffix(name, ".xml") {
			officeFields().in(part, found)
		}
		if picture {
			if _, fields, err := Strip(part); err == nil && len(fields) > 0 {
				found.add(fields...)
			}
		}
	}
}

func read(f *zip.File) []byte {
	r, err := f.Open()
	if err != nil {
		return nil
	}
	defer r.Close()
	part, _ := io.ReadAll(io.LimitReader(r, most))
	return part
}

// findFilm looks for the marks of MP4 and QuickTime.
func findFilm(data []byte, found *finds) {
	for mark, field := range map[string]string{
		"\xa9xyz": Place, "com.apple.quicktime.location": Place, "loci": Place,
		"\xa9mak": Camera, "com.apple.quicktime.make": Camera, "com.apple.quicktime.model": Camera,
		"\xa9aut": Author, "\xa9ART": Author,
	} {
		if bytes.Contains(data, []byte(mark)) {
			found.add(field)
		}
	}
}

// findSound looks for the frames of MP3 that name people.
func findSound(data []byte, found *finds) {
	head := data[:min(len(data), 64<<10)]
	for _, frame := range []string{"TPE1", "TCOM", "TENC", "TOWN"} {
		if bytes.Contains(head, []byte(frame)) {
			found.add(frame)
		}
	}
}

func markupFields() named {
	return named{
		{regexp.MustCompile(`(?i)<meta\s[^>]*name\s*=\s*["']?author["']?\s[^>]*content\s*=\s*["'][^"']`), "author"},
		{regexp.MustCompile(`<o:(?:Last)?Author>\s*[^<\s]`), "author"},
		{regexp.MustCompile(`(?:inkscape:export-filename|sodipodi:docname)\s*=\s*["'][^"']`), "file name on the maker's disk"},
	}
}

// findMarkup looks into HTML and SVG.
func findMarkup(data []byte, found *finds) {
	head := data[:min(len(data), 64<<10)]
	if bytes.IndexByte(head, '<') >= 0 {
		markupFields().in(head, found)
	}
}

// Packed tells from the names in a zip archive whether it is a document, a book
// or a program of its own, which a visitor downloads whole. mimetype is the
// text of the archive's "mimetype" entry, if it has one.
func Packed(names []string, mimetype string) bool {
	for _, n := range names {
		switch n {
		case "[Content_Types].xml", "AndroidManifest.xml", "META-INF/MANIFEST.MF", "META-INF/container.xml", "iTunesMetadata.plist":
			return true
		}
	}
	return strings.HasPrefix(mimetype, "application/")
}
