package page

import (
	"regexp"
	"strings"
)

var wholePage = regexp.MustCompile(`(?i)^\s*(?:<!--.*?-->\s*)*(?:<!doctype\s+html|<html[\s>])`)

// Whole reports whether what was typed is a complete HTML page: it is shown as
// it is, like a page that is sent as a file.
func Whole(words string) bool {
	return wholePage.MatchString(words) && strings.Contains(strings.ToLower(words), "</")
}
