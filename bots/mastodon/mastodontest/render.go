package mastodontest

import (
	"html"
	"regexp"
	"strings"
)

var linkRE = regexp.MustCompile(`https?://[^\s<]+`)

// render makes the HTML that the software makes of a typed text.
func (s *Server) render(text string) string {
	var paragraphs []string
	for p := range strings.SplitSeq(text, "\n\n") {
		lines := strings.Split(p, "\n")
		for i, line := range lines {
			lines[i] = s.renderLine(line)
		}
		paragraphs = append(paragraphs, "<p>"+strings.Join(lines, "<br />")+"</p>")
	}
	return strings.Join(paragraphs, "")
}

func (s *Server) renderLine(line string) string {
	var b strings.Builder
	for i, word := range strings.Split(line, " ") {
		if i > 0 {
			b.WriteByte(' ')
		}
		switch {
		case linkRE.FindString(word) == word && word != "":
			b.WriteString(renderLink(word))
		case mentionRE.FindString(word) != "":
			m := mentionRE.FindStringSubmatch(word)
			b.WriteString(s.renderMention(m[1]))
			b.WriteString(html.EscapeString(word[len(m[0]):]))
		default:
			b.WriteString(html.EscapeString(word))
		}
	}
	return b.String()
}

func (s *Server) renderMention(acct string) string {
	a := s.accountByAcct(acct)
	if a == nil {
		return html.EscapeString("@" + acct)
	}
	user, _, _ := strings.Cut(a.Acct, "@")
	return `<span class="h-card" translate="no"><a href="` + a.URL + `" class="u-url mention">@<span>` + user + `</span></a></span>`
}

// renderLink shortens what is seen, as Mastodon does.
func renderLink(link string) string {
	scheme, rest, _ := strings.Cut(link, "://")
	shown, hidden := rest, ""
	if len(rest) > 30 {
		shown, hidden = rest[:30], rest[30:]
	}
	class := ""
	if hidden != "" {
		class = "ellipsis"
	}
	e := html.EscapeString
	return `<a href="` + e(link) + `" target="_blank" rel="nofollow noopener noreferrer" translate="no"><span class="invisible">` +
		scheme + `://</span><span class="` + class + `">` + e(shown) + `</span><span class="invisible">` + e(hidden) + `</span></a>`
}
