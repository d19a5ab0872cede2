package mastodon

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"onionbot/bots"
)

// plainText turns the HTML of a post into the text that was typed: without
// mentions, lines and paragraphs kept, links in full.
func plainText(content string, mentions []wireMention) string {
	text, _ := postText(content, mentions)
	return text
}

// postText is the same with the formatting of servers that have some. A post
// without any is what was typed, and may be Markdown: no spans then.
func postText(content string, mentions []wireMention) (string, []bots.Span) {
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragment(strings.NewReader(content), body)
	if err != nil {
		return "", nil
	}
	w := &textWriter{mentions: mentions, formatted: slices.ContainsFunc(nodes, formatted)}
	for _, n := range nodes {
		w.node(n)
	}
	text := tidy(w.b.String(), mentions)
	if !w.formatted {
		return text, nil
	}
	return text, bots.Realign(w.spans, w.b.String(), text)
}

// textWriter walks HTML.
type textWriter struct {
	b         strings.Builder
	mentions  []wireMention
	pre       int
	formatted bool
	spans     []bots.Span
	lists     []int // that are open: how many entries each has had; negative for bullets
	marker    int   // where the text of an entry begins, right after its mark
}

func (w *textWriter) node(n *html.Node) {
	switch n.Type {
	case html.TextNode:
		w.text(n.Data)
	case html.ElementNode:
		if hasClass(n, "quote-inline") {
			return
		}
		w.element(n)
	}
}

func (w *textWriter) text(s string) {
	if w.pre == 0 {
		s = strings.NewReplacer("\r\n", " ", "\n", " ", "\t", " ").Replace(s)
		if s == " " && (w.b.Len() == w.marker || strings.HasSuffix(w.b.String(), "\n")) {
			return // between blocks
		}
	}
	w.b.WriteString(s)
}

func (w *textWriter) element(n *html.Node) {
	switch n.DataAtom {
	case atom.Script, atom.Style:
	case atom.Br:
		w.b.WriteByte('\n')
	case atom.Img:
		w.b.WriteString(attr(n, "alt"))
	case atom.A:
		w.link(n)
	case atom.P, atom.Div, atom.Blockquote, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		w.block(n)
	case atom.Ul, atom.Ol:
		w.list(n)
	case atom.Li:
		w.entry(n)
	case atom.Pre:
		w.pre++
		w.block(n)
		w.pre--
	default:
		w.marked(n)
	}
}

// marked writes what is in a node, and notes how it is formatted.
func (w *textWriter) marked(n *html.Node) {
	start := w.b.Len()
	w.children(n)
	s, ok := styleOf(n)
	if ok && (s.Style != bots.Code || w.pre == 0) {
		s.Start, s.End = start, w.b.Len()
		w.spans = append(w.spans, s)
	}
}

func (w *textWriter) block(n *html.Node) {
	w.gap(2)
	w.marked(n)
	w.gap(2)
}

func (w *textWriter) list(n *html.Node) {
	lines := 2
	if len(w.lists) > 0 {
		lines = 1
	}
	first := 0
	if n.DataAtom == atom.Ul {
		first = -1 << 30
	}
	w.gap(lines)
	w.lists = append(w.lists, first)
	w.marked(n)
	w.lists = w.lists[:len(w.lists)-1]
	w.gap(lines)
}

// entry writes an entry of a list behind its mark.
func (w *textWriter) entry(n *html.Node) {
	mark := "- "
	if top := len(w.lists) - 1; top >= 0 {
		if w.lists[top]++; w.lists[top] > 0 {
			mark = strconv.Itoa(w.lists[top]) + ". "
		}
	}
	w.gap(1)
	w.b.WriteString(mark)
	w.marker = w.b.Len()
	w.marked(n)
}

func (w *textWriter) children(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.node(c)
	}
}

// gap ends the line, and for blocks leaves an empty one, once.
func (w *textWriter) gap(newlines int) {
	s := w.b.String()
	if strings.TrimSpace(s) == "" || w.marker == len(s) && w.marker > 0 {
		return
	}
	have := len(s) - len(strings.TrimRight(s, "\n"))
	for ; have < newlines; have++ {
		w.b.WriteByte('\n')
	}
}

var leadingMention = regexp.MustCompile(`^[\s\x{00A0}]*@([A-Za-z0-9_.-]+)(@[A-Za-z0-9.:-]+)?(?:[\s\x{00A0},:]+|$)`)

// tidy trims what dropped mentions leave behind, and mentions in front that
// came as plain text.
func tidy(s string, mentions []wireMention) string {
	for {
		m := leadingMention.FindStringSubmatch(s)
		if m == nil || !mentioned(m[1], mentions) {
			break
		}
		s = s[len(m[0]):]
	}
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t\u00a0")
	}
	s = strings.Join(lines, "\n")
	s = strings.TrimLeft(s, "\n")
	if first, rest, ok := strings.Cut(s, "\n"); ok {
		s = strings.TrimLeft(first, " \t\u00a0") + "\n" + rest
	}
	return strings.TrimSpace(s)
}

func mentioned(username string, mentions []wireMention) bool {
	for _, m := range mentions {
		if strings.EqualFold(m.Username, username) {
			return true
		}
	}
	return false
}

func innerText(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func hasClass(n *html.Node, class string) bool {
	for c := range strings.FieldsSeq(attr(n, "class")) {
		if c == class {
			return true
		}
	}
	return false
}
