package command

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// What a message may hold, in characters.
const (
	maxLine = 1000  // of the command itself
	maxBody = 20000 // of the lines below it
)

// Clean makes text what a person meant to type: valid UTF-8, plain letters and
// digits for those of any width and script style, every kind of space a plain
// one, straight quotes, no control, bidi or invisible characters. Line ends
// are kept.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		if d, ok := digit(r); ok {
			return d
		}
		switch r {
		case '\n':
			return r
		case '\u2018', '\u2019', '\u201a', '\u201b', '\u2032':
			return '\''
		case '\u201c', '\u201d', '\u201e', '\u201f', '\u2033', '\u00ab', '\u00bb':
			return '"'
		case '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2212':
			return '-'
		case '\uff03':
			return '#'
		case '\t', '\r', '\v', '\f', '\u0085', '\u2028', '\u2029':
			return ' '
		case utf8.RuneError:
			return -1
		}
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Zs, r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r), unicode.Is(unicode.Variation_Selector, r):
			return -1
		}
		return r
	}, norm.NFKC.String(fractions.Replace(strings.ToValidUTF8(s, ""))))
}

// fractions are written out before NFKC makes "1½" eleven halves.
var fractions = strings.NewReplacer("½", ".5", "¼", ".25", "¾", ".75", "⅓", ".333", "⅔", ".667")

// digit is the plain digit for one of any script.
func digit(r rune) (rune, bool) {
	if r <= unicode.MaxASCII || !unicode.IsDigit(r) {
		return 0, false
	}
	for _, in := range unicode.Nd.R16 {
		if lo := rune(in.Lo); lo <= r && r <= rune(in.Hi) {
			return '0' + (r-lo)%10, true
		}
	}
	for _, in := range unicode.Nd.R32 {
		if lo := rune(in.Lo); lo <= r && r <= rune(in.Hi) {
			return '0' + (r-lo)%10, true
		}
	}
	return 0, false
}

// firstLine cuts text into the first line that says something and the rest.
func firstLine(s string) (line, rest string) {
	s = strings.TrimLeft(s, " \n")
	line, rest, _ = strings.Cut(s, "\n")
	return strings.TrimRight(line, " "), strings.Trim(rest, "\n")
}

// cleanBody keeps the lines below a command as they were typed, tabs
// included, without what cannot be seen.
func cleanBody(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r', r == '\u2028', r == '\u2029', r == '\u0085':
			return '\n'
		case unicode.IsControl(r), isBidi(r), r == utf8.RuneError, r == '\ufeff':
			return -1
		}
		return r
	}, s)
	return trimBody(s)
}

// trimBody drops empty lines before and all space after.
func trimBody(s string) string {
	return strings.TrimRightFunc(strings.TrimLeft(s, "\n"), unicode.IsSpace)
}

// bodyOf cuts a whole message at the end of its first line that says
// something.
func bodyOf(s string) (line, rest string) {
	for {
		before, after, more := strings.Cut(s, "\n")
		if strings.TrimSpace(Clean(before)) != "" || !more {
			return before, trimBody(after)
		}
		s = after
	}
}

func isBidi(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == '\u200e' || r == '\u200f' || r == '\u061c'
}

// politeness is dropped wherever it stands.
func politeness(w string) bool {
	switch w {
	case "please", "pls", "plz", "kindly", "thanks", "thx", "ty":
		return true
	}
	return false
}

// words cuts a line into lower-case words without the punctuation, quotes
// and politeness around them.
func words(line string) []string {
	var out []string
	for _, w := range strings.Fields(plainLetters(line)) {
		w = trimWord(w)
		if w == "" || politeness(w) {
			continue
		}
		out = append(out, w)
	}
	return out
}

// htmlTag is a mark of formatting that some clients leave in the text.
var htmlTag = regexp.MustCompile(`(?i)</?(b|i|u|s|p|a|em|strong|code|pre|span|br|div|h[1-6])\s*/?>`)

// plainLetters are lower-case letters without emoji and marks of formatting.
func plainLetters(line string) string {
	line = htmlTag.ReplaceAllString(line, "")
	line = strings.NewReplacer("i\u0307", "i", "\u0131", "i", "&", " and ", "p.m.", "pm", "a.m.", "am").Replace(strings.ToLower(line))
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.So, r) || r > unicode.MaxASCII && unicode.Is(unicode.Sk, r) {
			return ' '
		}
		return r
	}, line)
}

// pleased reports whether a line without a word of a command is a kind one: a
// thumb, a heart, "thanks".
func pleased(line string) bool {
	for _, w := range strings.Fields(strings.ToLower(line)) {
		if w = trimWord(w); politeness(w) && w != "please" {
			return true
		}
	}
	return strings.ContainsFunc(line, func(r rune) bool { return unicode.Is(unicode.So, r) })
}

// trimWord takes off what surrounds a word in a sentence. A lone question
// mark is a word: it asks for help.
func trimWord(w string) string {
	if w == "?" {
		return w
	}
	w = strings.TrimLeft(w, "\"'`([<*_~|")
	return strings.TrimRight(w, "\"'`)]>.,;:!?*_~|\u2026")
}
