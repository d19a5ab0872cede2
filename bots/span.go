package bots

import (
	"slices"
	"unicode/utf8"
)

// Span marks a stretch of [Message.Text] that the sender formatted. Spans may
// lie inside each other and overlap.
type Span struct {
	Start, End int // byte offsets
	Style      Style
	Arg        string // a link's address, the language of a block of code, a heading's level; hostile
}

// Style is what a [Span] looks like, or is.
type Style string

// The styles. Those from [Quote] on are blocks, the others run in the line.
const (
	Bold      Style = "bold"
	Italic    Style = "italic"
	Underline Style = "underline"
	Strike    Style = "strike"
	Code      Style = "code"
	Spoiler   Style = "spoiler"
	Link      Style = "link"

	Quote    Style = "quote"
	Pre      Style = "pre"
	Heading  Style = "heading"
	Bullets  Style = "bullets" // a list; the marks in front of its entries are in no [Entry]
	Numbered Style = "numbered"
	Entry    Style = "entry"
)

// Shift moves spans to where their text begins at offset by.
func Shift(spans []Span, by int) []Span {
	out := slices.Clone(spans)
	for i := range out {
		out[i].Start, out[i].End = out[i].Start+by, out[i].End+by
	}
	return out
}

// Realign carries spans over to a text that lost some of its characters, at
// its beginning above all. Of a text that is no part of the old one nothing is
// known: nil.
func Realign(spans []Span, from, to string) []Span {
	// at[j] is where the character at j of the new text stood in the old one.
	at := make([]int, len(to)+1)
	i, j := len(from), len(to)
	at[j] = i
	for j > 0 {
		if i == 0 {
			return nil
		}
		was, n := utf8.DecodeLastRuneInString(from[:i])
		is, m := utf8.DecodeLastRuneInString(to[:j])
		i -= n
		if was == is || is == '\n' && was == '\r' {
			for k := range m {
				at[j-1-k] = i
			}
			j -= m
		}
	}
	var out []Span
	for _, s := range spans {
		s.Start, _ = slices.BinarySearch(at, s.Start)
		s.End, _ = slices.BinarySearch(at, s.End)
		if s.Start = min(s.Start, len(to)); s.Start < min(s.End, len(to)) {
			s.End = min(s.End, len(to))
			out = append(out, s)
		}
	}
	return out
}
