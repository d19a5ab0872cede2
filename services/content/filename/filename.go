// Package filename cleans the names of files that strangers and users send:
// Unicode's composed form, plain spaces, no invisible characters, no colon. It
// knows single names; paths are their holders' business.
package filename

import (
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Clean makes one element of a path into one that reads as what it is and that
// every system and browser can name, of at most limit bytes. It may be empty,
// "." or "..", and may begin with a dot.
func Clean(element string, limit int) string {
	element = strings.ToValidUTF8(element, "_")
	element = strings.Map(func(r rune) rune {
		switch {
		case r == ':':
			return '-'
		case unicode.IsSpace(r) || unicode.Is(unicode.Z, r):
			return ' '
		case unicode.Is(unicode.C, r) && !unicode.Is(unicode.Co, r), unicode.Is(unicode.Variation_Selector, r):
			return -1 // control and format characters: a name must read as what it is
		}
		return r
	}, norm.NFC.String(element))
	return Shorten(strings.TrimSpace(element), limit)
}

// Shorten cuts a name to at most limit bytes and keeps its ending.
func Shorten(name string, limit int) string {
	if len(name) <= limit {
		return name
	}
	ext := ending(name)
	cut := limit - len(ext)
	for cut > 0 && !utf8.RuneStart(name[cut]) {
		cut--
	}
	return strings.TrimSpace(name[:cut]) + ext
}

// ending is a name's extension, if it is short enough to be one.
func ending(name string) string {
	if ext := path.Ext(name); len(ext) <= 20 {
		return ext
	}
	return ""
}

// Another is the nth name for a file whose own is taken: "cat-2.jpg". Its last
// element has at most limit bytes.
func Another(name string, n, limit int) string {
	dir, file := path.Split(name)
	ext := ending(file)
	mark := fmt.Sprintf("-%d", n)
	return dir + Shorten(strings.TrimSuffix(file, ext), limit-len(ext)-len(mark)) + mark + ext
}
