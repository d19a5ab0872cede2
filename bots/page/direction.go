package page

import (
	"bytes"
	"regexp"
	"unicode"

	"golang.org/x/net/html"
)

// rightToLeft reports whether a body begins in a script that runs from right
// to left, and whether there is any such letter in it.
func rightToLeft(body []byte) (first, anywhere bool) {
	decided := false
	for z := html.NewTokenizer(bytes.NewReader(body)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return first, anywhere
		case html.TextToken:
			for _, r := range html.UnescapeString(string(z.Text())) {
				right := unicode.In(r, unicode.Arabic, unicode.Hebrew, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Adlam) && unicode.IsLetter(r)
				anywhere = anywhere || right
				if !decided && unicode.IsLetter(r) {
					first, decided = right, true
				}
			}
		}
	}
}

// block matches the beginning of a block that has no direction of its own.
// Sanitised HTML has "<" in tags only.
var block = regexp.MustCompile(`<(p|h[1-6]|li|ul|ol|blockquote|td|th|dt|dd|summary|figcaption|div)((?: (?:id|class)="[^"]*")*)>`)

// directed lets every block run as its own letters do.
func directed(body []byte) []byte {
	return block.ReplaceAll(body, []byte(`<$1$2 dir="auto">`))
}

var languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$`)

// language is a language's name as the web takes it; "" for anything else.
func language(name string) string {
	if !languageTag.MatchString(name) {
		return ""
	}
	return name
}
