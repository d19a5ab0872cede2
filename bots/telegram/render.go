package telegram

import (
	"html"
	"strings"

	"onionbot/bots"
)

// render is text as Telegram's HTML: everything escaped, the address to be
// copied with a tap, the link to be opened.
func render(text string, r *bots.Reply) string {
	var out strings.Builder
	inLinesOnly := strings.Count(text, r.Address) == embedded(text, r)
	for text != "" {
		at, mark := next(text, r)
		out.WriteString(html.EscapeString(text[:at]))
		switch mark {
		case "":
		case r.Link:
			out.WriteString(`<a href="` + html.EscapeString(mark) + `">` + html.EscapeString(mark) + `</a>`)
			if r.Address != "" && inLinesOnly {
				// A tap on a link opens it, in the wrong browser; a tap on code copies.
				out.WriteString("\n<code>" + html.EscapeString(r.Address) + "</code>")
			}
		default:
			out.WriteString("<code>" + html.EscapeString(mark) + "</code>")
		}
		text = text[at+len(mark):]
	}
	return out.String()
}

// embedded is how often the address is in a link or in a longer line to copy.
func embedded(text string, r *bots.Reply) (n int) {
	for text != "" {
		at, mark := next(text, r)
		if mark != r.Address {
			n += strings.Count(mark, r.Address)
		}
		text = text[at+len(mark):]
	}
	return n
}

// next finds where the link, the address or something else to copy comes
// first, and which; at the same place, or one inside the other, the longer.
// "" at the end of text.
func next(text string, r *bots.Reply) (at int, mark string) {
	at = len(text)
	for _, m := range append([]string{r.Link, r.Address}, r.Copy...) {
		if m == "" {
			continue
		}
		if i := strings.Index(text, m); i >= 0 && (i < at || i == at && len(m) > len(mark)) {
			at, mark = i, m
		}
	}
	return at, mark
}
