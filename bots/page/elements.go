package page

import "html"

// opening and closing are the tags of what a span stands for.
func opening(s Span) string {
	switch s.Style {
	case Link:
		return `<a href="` + html.EscapeString(s.Arg) + `">`
	case Spoiler:
		return `<span class="spoiler" tabindex="0">`
	case Pre:
		if s.Arg != "" {
			return `<pre><code class="language-` + html.EscapeString(s.Arg) + `">`
		}
		return "<pre><code>"
	}
	return "<" + element(s) + ">"
}

func closing(s Span) string {
	switch s.Style {
	case Link:
		return "</a>"
	case Spoiler:
		return "</span>"
	case Pre:
		return "</code></pre>"
	}
	return "</" + element(s) + ">"
}

func element(s Span) string {
	switch s.Style {
	case Bold:
		return "strong"
	case Italic:
		return "em"
	case Underline:
		return "u"
	case Strike:
		return "s"
	case Code:
		return "code"
	case Quote:
		return "blockquote"
	case Bullets:
		return "ul"
	case Numbered:
		return "ol"
	case Entry:
		return "li"
	case Heading:
		if len(s.Arg) == 1 && s.Arg >= "1" && s.Arg <= "6" {
			return "h" + s.Arg
		}
		return "h2"
	}
	return "span"
}
