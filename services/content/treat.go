package content

import (
	"bytes"
	"regexp"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"

	"onionbot/services/content/metadata"
)

// maxDocuments is how many files of a delivery are searched for their authors.
const maxDocuments = 300

const bom = "\xef\xbb\xbf"

// treat returns a file as it is served: pictures without metadata, texts in
// UTF-8, pages with a mark of their character set. What a file goes on telling
// about its author is noted.
func (w *writer) treat(name string, data []byte) ([]byte, error) {
	switch {
	case metadata.Sniff(data) != metadata.None:
		return w.treatPicture(name, data)
	case w.verbatim:
		// as it came
	case isHTML(name):
		w.told.add(name, metadata.Find(data))
		return marked(data), nil
	case isText(name) || isMarkdown(name):
		return toUTF8(data), nil
	}
	if w.documents++; w.documents <= maxDocuments {
		w.told.add(name, metadata.Find(data))
	}
	return data, nil
}

func (w *writer) treatPicture(name string, data []byte) ([]byte, error) {
	if w.keepMetadata {
		return data, nil
	}
	clean, fields, err := metadata.Strip(data)
	switch {
	case err == nil:
		w.cleaned.add(name, fields)
		return clean, nil
	case metadata.Suspicious(data):
		return nil, refuse(Metadata, err)
	}
	return data, nil // broken or cut off, and nothing in it
}

// declared matches a page's own word on its character set, which stands among
// its first 1024 bytes.
var declared = regexp.MustCompile(`(?i)<meta[^>]+charset\s*=|<\?xml[^>]+encoding\s*=`)

// marked gives a page that is UTF-8 and does not say so a byte order mark:
// browsers would take it for something else, and the server must not say it
// for all pages, since some are not.
func marked(page []byte) []byte {
	if declared.Match(page[:min(len(page), 1024)]) || ascii(page) || !utf8.Valid(page) || bytes.HasPrefix(page, []byte(bom)) {
		return page
	}
	return append([]byte(bom), page...)
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// toUTF8 turns a plain text into UTF-8, as the server says that texts are.
func toUTF8(text []byte) []byte {
	if rest, ok := bytes.CutPrefix(text, []byte(bom)); ok {
		return rest
	}
	if utf8.Valid(text) {
		return text
	}
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		return []byte(decode(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), string(text)))
	}
	sample := text[:min(len(text), 8<<10)]
	return []byte(decode(guess(textCandidates(), string(sample)), string(text)))
}
