package telegramtest

import (
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
)

var (
	tags = []string{
		"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "pre", "a", "blockquote", "tg-spoiler", "span",
	}
	tagShape = regexp.MustCompile(`^(/?)([a-z-]+)((?:\s+[a-z-]+(?:="[^"]*")?)*)\s*$`)
	entity   = regexp.MustCompile(`^&(lt|gt|amp|quot|#[0-9]+|#x[0-9a-fA-F]+);`)
)

// format reads text in a parse mode and returns it as people see it, or what
// is wrong with it.
func format(text, mode string) (plain, problem string) {
	switch strings.ToLower(mode) {
	case "":
		return strings.TrimSpace(text), ""
	case "html":
		plain, problem = formatHTML(text)
		return strings.TrimSpace(plain), problem
	}
	return "", "unsupported parse_mode"
}

func formatHTML(text string) (plain, problem string) {
	var out strings.Builder
	var open []string
	for i := 0; i < len(text); {
		switch text[i] {
		case '&':
			e := entity.FindString(text[i:])
			if e == "" { // a lone ampersand is taken as it is
				e = "&"
			}
			out.WriteString(html.UnescapeString(e))
			i += len(e)
		case '<':
			end := strings.IndexByte(text[i:], '>')
			if end < 0 {
				return "", fmt.Sprintf("can't parse entities: Unclosed start tag at byte offset %d", i)
			}
			if open, problem = tag(open, text[i+1:i+end], i); problem != "" {
				return "", problem
			}
			i += end + 1
		default:
			out.WriteByte(text[i])
			i++
		}
	}
	if len(open) > 0 {
		return "", fmt.Sprintf("can't parse entities: Can't find end tag corresponding to start tag %q", open[len(open)-1])
	}
	return out.String(), ""
}

// tag opens or closes a tag on the stack of open ones.
func tag(open []string, inside string, at int) (now []string, problem string) {
	m := tagShape.FindStringSubmatch(inside)
	switch {
	case m == nil || !slices.Contains(tags, m[2]):
		return nil, fmt.Sprintf("can't parse entities: Unsupported start tag %q at byte offset %d", inside, at)
	case m[1] == "":
		return append(open, m[2]), ""
	case len(open) == 0:
		return nil, fmt.Sprintf("can't parse entities: Unexpected end tag at byte offset %d", at)
	case open[len(open)-1] != m[2]:
		return nil, fmt.Sprintf("can't parse entities: Unmatched end tag at byte offset %d, expected \"</%s>\", found \"</%s>\"", at, open[len(open)-1], m[2])
	}
	return open[:len(open)-1], ""
}

// length is in UTF-16 units, as Telegram counts.
func length(s string) int { return len(utf16.Encode([]rune(s))) }
