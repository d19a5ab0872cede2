package content

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// drive is how a path on Windows begins.
var drive = regexp.MustCompile(`^[A-Za-z]:[/\\]`)

// maxPath is how long a whole path may be, in bytes: systems open no more than
// four times as much.
const maxPath = 1000

// clean turns a path as it was sent into one that stays below the root and
// that every visitor's browser can ask for: Unicode's composed form, plain
// spaces, no invisible characters, no colon. Only paths that lead elsewhere
// are refused, and those that nothing is left of.
func (l Limits) clean(name string) (string, error) {
	if strings.HasPrefix(name, "/") || strings.HasPrefix(name, `\`) || drive.MatchString(name) {
		return "", refuse(BadName, errors.New("an absolute path"))
	}
	var elements []string
	for e := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '/' || r == '\\' }) {
		e = l.cleanElement(e)
		switch e {
		case "..":
			return "", refuse(BadName, errors.New("a path that leads up"))
		case ".":
			continue
		case "":
			return "", refuse(BadName, errors.New("a name without a visible character"))
		}
		elements = append(elements, e)
	}
	if len(elements) == 0 {
		return "", refuse(BadName, errors.New("no name"))
	}
	clean := path.Join(elements...)
	if len(elements) > l.Depth || len(clean) > maxPath {
		return "", refuse(TooDeep, fmt.Errorf("%d levels, %d bytes", len(elements), len(clean)))
	}
	return clean, nil
}

// cleanElement cleans one element of a path.
func (l Limits) cleanElement(e string) string {
	e = strings.ToValidUTF8(e, "_")
	e = strings.Map(func(r rune) rune {
		switch {
		case r == ':':
			return '-'
		case unicode.IsSpace(r) || unicode.Is(unicode.Z, r):
			return ' '
		case unicode.Is(unicode.C, r) && !unicode.Is(unicode.Co, r), unicode.Is(unicode.Variation_Selector, r):
			return -1 // control and format characters: a name must read as what it is
		}
		return r
	}, norm.NFC.String(e))
	return shorten(strings.TrimSpace(e), l.NameLen)
}

// shorten cuts a name to at most limit bytes and keeps its ending.
func shorten(name string, limit int) string {
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

// another is the nth name for a file whose own is taken: "cat-2.jpg".
func (l Limits) another(name string, n int) string {
	dir, file := path.Split(name)
	ext := ending(file)
	mark := fmt.Sprintf("-%d", n)
	return dir + shorten(strings.TrimSuffix(file, ext), l.NameLen-len(ext)-len(mark)) + mark + ext
}

// leftover is the element of a path that an operating system or a program left
// behind and that nobody means to publish; "" if there is none.
func leftover(name string) string {
	for e := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '/' || r == '\\' }) {
		switch lower := strings.ToLower(e); {
		case lower == "__macosx", lower == "thumbs.db", lower == "ehthumbs.db", lower == "desktop.ini", lower == "$recycle.bin",
			lower == "system volume information", lower == "icon\r":
			return strings.TrimSpace(e)
		case strings.HasPrefix(e, "._"):
			return "._ files"
		case strings.HasPrefix(e, ".") && e != "." && e != ".." && e != ".well-known":
			return e
		}
	}
	return ""
}
