package content

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"onionbot/services/content/filename"
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
		e = filename.Clean(e, l.NameLen)
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
