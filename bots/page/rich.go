package page

import (
	"cmp"
	"html"
	"slices"
	"strings"
)

// Span marks a stretch of a text, as networks that format text do. Spans may
// lie inside each other and overlap.
type Span struct {
	Start, End int // byte offsets
	Style      Style
	Arg        string // a link's address, the language of a block of code, a heading's level
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
	Bullets  Style = "bullets"  // a list; text in it that is in no [Entry] is left out
	Numbered Style = "numbered" // likewise
	Entry    Style = "entry"    // of a list
)

func (s Style) block() bool {
	return slices.Contains([]Style{Quote, Pre, Heading, Bullets, Numbered, Entry}, s)
}

// Rich is formatted text as HTML without an empty line in it, so that it can
// stand among [Content.Words]. Lines stay lines. Nothing in the text is taken
// for Markdown or HTML.
func Rich(text string, spans []Span) string {
	w := richWriter{text: text}
	spans = proper(text, spans)
	cuts := []int{0, len(text)}
	for _, s := range spans {
		cuts = append(cuts, s.Start, s.End)
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	for i := range len(cuts) - 1 {
		w.segment(cuts[i], cuts[i+1], spans)
	}
	w.turnTo(nil, nil)
	return w.b.String()
}

// proper are the spans that mark something, outer ones first.
func proper(text string, spans []Span) []Span {
	var out []Span
	for _, s := range spans {
		s.Start, s.End = max(0, s.Start), min(len(text), s.End)
		s.Arg = strings.NewReplacer("\n", "", "\r", "").Replace(s.Arg)
		if s.Start < s.End {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b Span) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End), rank(a)-rank(b))
	})
	return out
}

// rank puts blocks around what runs in them, and lists around their entries.
func rank(s Span) int {
	return slices.Index([]Style{Quote, Bullets, Numbered, Entry, Heading, Pre}, s.Style)&7 + 8*boolInt(!s.Style.block())
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// richWriter writes segments of text, each inside the elements that it wants.
type richWriter struct {
	b      strings.Builder
	text   string
	blocks []Span // that are open
	lines  []Span // likewise, inside the paragraph
	para   bool   // a paragraph is open
	breaks int    // line ends that wait for the text after them
}

func (w *richWriter) segment(from, to int, spans []Span) {
	var blocks, lines []Span
	for _, s := range spans {
		switch {
		case s.Start > from || s.End < to:
		case s.Style.block():
			blocks = append(blocks, s)
		default:
			lines = append(lines, s)
		}
	}
	if n := len(blocks); n > 0 && (blocks[n-1].Style == Bullets || blocks[n-1].Style == Numbered) {
		return // the mark in front of an entry
	}
	if w.inPre(blocks) {
		w.turnTo(blocks, nil)
		w.b.WriteString(strings.NewReplacer("\n", "&#10;", "\r", "").Replace(html.EscapeString(w.text[from:to])))
		return
	}
	for i, line := range strings.Split(w.text[from:to], "\n") {
		if i > 0 {
			w.breaks++
		}
		if strings.TrimSpace(line) != "" || line != "" && w.para && w.breaks == 0 {
			w.write(line, blocks, lines)
		}
	}
}

func (w *richWriter) inPre(blocks []Span) bool {
	return slices.ContainsFunc(blocks, func(s Span) bool { return s.Style == Pre })
}

// write puts a piece of a line where it belongs.
func (w *richWriter) write(piece string, blocks, lines []Span) {
	switch {
	case !slices.Equal(blocks, w.blocks):
		w.turnTo(blocks, nil)
	case w.breaks > 1 && w.para:
		w.endPara()
	case w.breaks == 1 && w.para:
		w.turnLines(common(w.lines, lines))
		w.b.WriteString("<br>\n")
	}
	w.breaks = 0
	if !w.para {
		if !w.tight() {
			w.b.WriteString("<p>")
		}
		w.para = true
	}
	w.turnLines(lines)
	w.b.WriteString(html.EscapeString(strings.ReplaceAll(piece, "\r", "")))
}

// tight reports whether text stands in the innermost block without a
// paragraph of its own.
func (w *richWriter) tight() bool {
	n := len(w.blocks)
	return n > 0 && (w.blocks[n-1].Style == Heading || w.blocks[n-1].Style == Entry)
}

func (w *richWriter) endPara() {
	w.turnLines(nil)
	if w.para && !w.tight() {
		w.b.WriteString("</p>\n")
	} else if w.para {
		w.b.WriteString("<br>\n")
	}
	w.para = false
}

// turnTo closes and opens blocks until exactly these are open.
func (w *richWriter) turnTo(blocks, lines []Span) {
	w.turnLines(nil)
	if w.para && !w.tight() {
		w.b.WriteString("</p>\n")
	}
	w.para = false
	same := common(w.blocks, blocks)
	for i := len(w.blocks) - 1; i >= len(same); i-- {
		w.b.WriteString(closing(w.blocks[i]) + "\n")
	}
	for _, s := range blocks[len(same):] {
		w.b.WriteString(opening(s))
	}
	w.blocks = slices.Clone(blocks)
	w.turnLines(lines)
}

// turnLines does the same inside a paragraph.
func (w *richWriter) turnLines(lines []Span) {
	same := common(w.lines, lines)
	for i := len(w.lines) - 1; i >= len(same); i-- {
		w.b.WriteString(closing(w.lines[i]))
	}
	for _, s := range lines[len(same):] {
		w.b.WriteString(opening(s))
	}
	w.lines = slices.Clone(lines)
}

// common is how far two stacks are the same.
func common(a, b []Span) []Span {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return a[:n]
}
