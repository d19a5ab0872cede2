package page

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// rightToLeft reports whether a body begins in a script that runs from right
// to left, and whether there is any such letter in it.
func rightToLeft(body []byte) (first, anywhere bool) {
	var text strings.Builder
	for z := html.NewTokenizer(bytes.NewReader(body)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return direction(text.String()) == "rtl", strings.ContainsFunc(text.String(), right)
		case html.TextToken:
			text.WriteString(html.UnescapeString(string(z.Text())))
		}
	}
}

// directed lets every block run as its first letter does. The directions are
// spelt out: a list whose entries find out theirs by themselves would have none.
func directed(body []byte) []byte {
	context := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragment(bytes.NewReader(body), context)
	if err != nil {
		return body // cannot be: it is sanitised, and in memory
	}
	var out bytes.Buffer
	for _, n := range nodes {
		direct(n)
		if err := html.Render(&out, n); err != nil {
			return body
		}
	}
	return out.Bytes()
}

func direct(n *html.Node) {
	if n.Type == html.ElementNode && !inline(n.Data) && n.DataAtom != atom.Pre && !slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "dir" }) {
		var text strings.Builder
		for c := range n.Descendants() {
			if c.Type == html.TextNode {
				text.WriteString(c.Data)
			}
		}
		if dir := direction(text.String()); dir != "" {
			n.Attr = append(n.Attr, html.Attribute{Key: "dir", Val: dir})
		}
	}
	for c := range n.ChildNodes() {
		direct(c)
	}
}

// direction is that of a text's first letter; "" if it has none.
func direction(text string) string {
	for _, r := range text {
		switch {
		case !unicode.IsLetter(r):
		case right(r):
			return "rtl"
		default:
			return "ltr"
		}
	}
	return ""
}

func right(r rune) bool {
	return unicode.In(r, unicode.Arabic, unicode.Hebrew, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Adlam)
}

var (
	languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$`)
	rightTag    = regexp.MustCompile(`(?i)^(?:ar|arc|azb|ckb|dv|fa|he|iw|ks|lrc|nqo|pnb|prs|ps|sd|syr|ug|ur|yi)(?:-|$)`)
)

// language is a language's name as the web takes it; "" for anything else.
// Networks tell what an account usually writes in: that is not believed of a
// text in letters that run the other way.
func language(name string, right bool) string {
	if !languageTag.MatchString(name) || rightTag.MatchString(name) != right {
		return ""
	}
	return name
}
