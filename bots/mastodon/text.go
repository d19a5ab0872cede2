package mastodon

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// plainText turns the HTML of a post into the text that was typed: without
// mentions, lines and paragraphs kept, links in full.
func plainText(content string, mentions []wireMention) string {
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragment(strings.NewReader(content), body)
	if err != nil {
		return ""
	}
	w := &textWriter{mentions: mentions}
	for _, n := range nodes {
		w.node(n)
	}
	return tidy(w.b.String(), mentions)
}

// textWriter walks HTML.
type textWriter struct {
	b        strings.Builder
	mentions []wireMention
	pre      int
}

func (w *textWriter) node(n *html.Node) {
	switch n.Type {
	case html.TextNode:
		w.text(n.Data)
	case html.ElementNode:
		w.element(n)
	}
}

func (w *textWriter) text(s string) {
	if w.pre == 0 {
		s = strings.NewReplacer("\r\n", " ", "\n", " ", "\t", " ").Replace(s)
	}
	w.b.WriteString(s)
}

func (w *textWriter) element(n *html.Node) {
	if hasClass(n, "quote-inline") {
		return
	}
	switch n.DataAtom {
	case atom.Script, atom.Style:
	case atom.Br:
		w.b.WriteByte('\n')
	case atom.Img:
		w.b.WriteString(attr(n, "alt"))
	case atom.A:
		w.link(n)
	case atom.P, atom.Div, atom.Blockquote, atom.Ul, atom.Ol, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		w.gap(2)
		w.children(n)
		w.gap(2)
	case atom.Li:
		w.gap(1)
		w.b.WriteString("- ")
		w.children(n)
	case atom.Pre:
		w.gap(2)
		w.pre++
		w.children(n)
		w.pre--
		w.gap(2)
	default:
		w.children(n)
	}
}

func (w *textWriter) children(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.node(c)
	}
}

// gap ends the line, and for blocks leaves an empty one, once.
func (w *textWriter) gap(newlines int) {
	s := w.b.String()
	if strings.TrimSpace(s) == "" {
		return
	}
	have := len(s) - len(strings.TrimRight(s, "\n"))
	for ; have < newlines; have++ {
		w.b.WriteByte('\n')
	}
}

// link drops mentions and writes other links in full.
func (w *textWriter) link(n *html.Node) {
	inner := innerText(n)
	href := attr(n, "href")
	switch {
	case w.isMention(n, inner, href):
		w.dropAt()
	case !strings.HasPrefix(href, "http://") && !strings.HasPrefix(href, "https://"),
		hasClass(n, "hashtag"), strings.HasPrefix(inner, "#"):
		w.b.WriteString(inner)
	case bareURL(inner) == bareURL(href):
		w.b.WriteString(inner)
	case inner == "", strings.HasSuffix(inner, "…"), strings.HasSuffix(inner, "..."):
		w.b.WriteString(href)
	default:
		w.b.WriteString("[" + inner + "](" + href + ")")
	}
}

func (w *textWriter) isMention(n *html.Node, inner, href string) bool {
	if hasClass(n, "hashtag") || strings.HasPrefix(inner, "#") {
		return false
	}
	if hasClass(n, "mention") {
		return true
	}
	if !strings.HasPrefix(inner, "@") {
		return false
	}
	for _, m := range w.mentions {
		if m.URL != "" && m.URL == href {
			return true
		}
	}
	return false
}

// dropAt removes an @ that some servers leave in front of the link.
func (w *textWriter) dropAt() {
	if s, ok := strings.CutSuffix(w.b.String(), "@"); ok {
		w.b.Reset()
		w.b.WriteString(s)
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

// bareURL is a link without what people leave out when they type it.
func bareURL(s string) string {
	s = strings.TrimPrefix(strings.TrimPrefix(s, "https://"), "http://")
	return strings.TrimRight(s, "/")
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
