package telegram

import (
	"strings"
	"unicode/utf16"
)

// Limits of Telegram, in UTF-16 units after the markup is read.
const (
	maxText    = 4096
	maxCaption = 1024
)

// units is the length of s as Telegram counts it.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

// split cuts text into pieces of at most limit units: at line ends, else at
// spaces, else between characters. Blank pieces, which Telegram refuses, are
// left out.
func split(text string, limit int) []string {
	var pieces []string
	for text = strings.Trim(text, "\n"); text != ""; {
		piece, rest := cut(text, limit)
		if strings.TrimSpace(piece) != "" {
			pieces = append(pieces, piece)
		}
		text = strings.TrimLeft(rest, "\n")
	}
	return pieces
}

// cut takes one piece off text: all of it if that fits.
func cut(text string, limit int) (piece, rest string) {
	end, n := -1, 0
	for i, r := range text {
		if n += max(utf16.RuneLen(r), 1); n > limit {
			end = i
			break
		}
	}
	if end < 0 {
		return text, ""
	}
	// text[end] begins the first character too many: if it is a line end or a
	// space, the piece before it fits exactly.
	window := text[:end+1]
	for _, sep := range []string{"\n", " "} {
		if i := strings.LastIndex(window, sep); i > 0 {
			return text[:i], text[i+1:]
		}
	}
	return text[:end], text[end:]
}
