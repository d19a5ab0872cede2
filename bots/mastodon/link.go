package mastodon

import (
	"strings"

	"golang.org/x/net/html"

	"onionbot/bots"
)

// link drops mentions and writes other links in full.
func (w *textWriter) link(n *html.Node) {
	inner := innerText(n)
	href := attr(n, "href")
	switch {
	case w.isMention(n, inner, href):
		w.dropAt()
	case w.formatted && isWeb(href) && !hasClass(n, "hashtag") && !strings.HasPrefix(inner, "#"):
		w.webLink(inner, href)
	case !isWeb(href),
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

// webLink writes a link of a formatted post: its words, marked with the
// address.
func (w *textWriter) webLink(inner, href string) {
	if inner == "" || strings.HasSuffix(inner, "…") || strings.HasSuffix(inner, "...") {
		inner = href
	}
	start := w.b.Len()
	w.b.WriteString(inner)
	w.spans = append(w.spans, bots.Span{Start: start, End: w.b.Len(), Style: bots.Link, Arg: href})
}

func isWeb(href string) bool {
	return strings.HasPrefix(href, "http://") || strings.HasPrefix(href, "https://")
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

// bareURL is a link without what people leave out when they type it.
func bareURL(s string) string {
	s = strings.TrimPrefix(strings.TrimPrefix(s, "https://"), "http://")
	return strings.TrimRight(s, "/")
}
