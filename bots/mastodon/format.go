package mastodon

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"onionbot/bots"
)

// formatted reports whether there is more to a node than lines and links.
func formatted(n *html.Node) bool {
	if _, ok := styleOf(n); ok {
		return true
	}
	for c := range n.Descendants() {
		if _, ok := styleOf(c); ok {
			return true
		}
	}
	return false
}

// styleOf is what an element means; false for those that mean nothing here.
func styleOf(n *html.Node) (s bots.Span, ok bool) {
	switch n.DataAtom {
	case atom.Strong, atom.B:
		s.Style = bots.Bold
	case atom.Em, atom.I:
		s.Style = bots.Italic
	case atom.U, atom.Ins:
		s.Style = bots.Underline
	case atom.S, atom.Del, atom.Strike:
		s.Style = bots.Strike
	case atom.Code:
		s.Style = bots.Code
	case atom.Pre:
		s.Style, s.Arg = bots.Pre, codeLanguage(n)
	case atom.Blockquote:
		s.Style = bots.Quote
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		s.Style, s.Arg = bots.Heading, n.Data[1:]
	case atom.Ul:
		s.Style = bots.Bullets
	case atom.Ol:
		s.Style = bots.Numbered
	case atom.Li:
		s.Style = bots.Entry
	}
	return s, s.Style != ""
}

// codeLanguage is the language of a block of code, as Markdown names it.
func codeLanguage(pre *html.Node) string {
	for c := range pre.ChildNodes() {
		for class := range strings.FieldsSeq(attr(c, "class")) {
			if language, ok := strings.CutPrefix(class, "language-"); ok {
				return language
			}
		}
	}
	return ""
}
