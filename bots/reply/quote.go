package reply

import (
	"strings"
	"unicode"

	"onionbot/bots/command"
)

// quoteLimit is how much of what a user typed may stand in a reply, in characters.
const quoteLimit = 40

// quote puts what a user typed into a sentence. Nothing in it can mention
// somebody, be markup, turn the writing direction or hide.
func quote(s string) string {
	return "\u201c" + tame(s, quoteLimit) + "\u201d"
}

func inName(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// tame makes a user's word harmless and short.
func tame(s string, limit int) string {
	var b strings.Builder
	count := 0
	runes := []rune(command.Clean(s))
	for i, r := range runes {
		if count == limit {
			b.WriteRune('…')
			break
		}
		switch {
		case r == '\n':
			r = ' '
		case r == '&':
			r = '\uff06' // looks the same and begins no entity
		case r == '_' && i > 0 && i+1 < len(runes) && inName(runes[i-1]) && inName(runes[i+1]): // no markup within a word
		case strings.ContainsRune("@<>*_`~[]()|\\\u201c\u201d\uff20\ufe6b\"", r), !unicode.IsPrint(r):
			continue
		case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Me, r):
			continue // a stack of accents covers the lines around it
		}
		b.WriteRune(r)
		count++
	}
	// A link in a reply would be made clickable.
	return strings.NewReplacer("://", ":", "www.", "www ").Replace(b.String())
}
