package chat

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const (
	maxName  = 24
	maxMarks = 3 // combining marks on one letter: enough for every script, too few for a tower
)

// cleanName makes what was typed into a name, "" if nothing is left.
func cleanName(s string) string {
	s = cleanText(norm.NFKC.String(strings.ToValidUTF8(s, "")))
	s = strings.Map(func(r rune) rune {
		if r != zwnj && (unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r)) || unicode.Is(unicode.Variation_Selector, r) {
			return -1
		}
		return r
	}, s)
	s = strings.Trim(strings.Join(strings.Fields(s), " "), string(zwnj))
	if !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return ""
	}
	return s
}

// zwnj stands between letters of Persian and other scripts.
const zwnj = '\u200c'

// cleanText makes what was typed into a line: no control characters, none
// that turn the direction of what comes after, no towers of marks.
func cleanText(s string) string {
	marks := 0
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.M, r) {
			if marks++; marks > maxMarks {
				return -1
			}
			return r
		}
		marks = 0
		switch {
		case unicode.IsSpace(r) || unicode.Is(unicode.Z, r):
			return ' '
		case unicode.Is(unicode.Cc, r), unicode.Is(unicode.Cs, r), turns(r):
			return -1
		}
		return r
	}, norm.NFC.String(strings.ToValidUTF8(s, "�")))
	return strings.TrimSpace(s)
}

// turns reports whether a character embeds, overrides or isolates a direction.
func turns(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x206f || r == 0xfeff
}

// lookalikes are letters that are read as another: as capitals or as small ones.
var lookalikes = strings.NewReplacer(
	"а", "a", "в", "b", "ь", "b", "с", "c", "ԁ", "d", "е", "e", "ё", "e", "є", "e", "ғ", "f", "һ", "h", "н", "h", "і", "l", "ї", "l", "ј", "j",
	"к", "k", "ӏ", "l", "м", "m", "о", "o", "р", "p", "ԛ", "q", "г", "r", "ѕ", "s", "т", "t", "у", "y", "ү", "y", "ѵ", "v", "ԝ", "w", "х", "x", "з", "3",
	"α", "a", "β", "b", "ς", "c", "ϲ", "c", "ε", "e", "η", "n", "ι", "l", "κ", "k", "μ", "u", "ν", "v", "ο", "o", "ρ", "p", "σ", "o", "τ", "t",
	"υ", "u", "χ", "x", "γ", "y", "ζ", "z", "ω", "w",
	"օ", "o", "ո", "n", "ս", "u", "հ", "h", "ց", "g",
	"ı", "l", "i", "l", "1", "l", "|", "l", "!", "l", "0", "o", "ø", "o", "đ", "d", "ð", "d", "ħ", "h", "ł", "l", "ŧ", "t", "ƅ", "b", "ɑ", "a", "ɡ", "g", "ß", "b",
	"٠", "o", "۰", "o", "۱", "l", "١", "l", "ي", "ی", "ى", "ی", "ك", "ک",
)

// capitals are those that look like another letter than their small ones.
var capitals = strings.NewReplacer(
	"Α", "a", "Β", "b", "Ε", "e", "Ζ", "z", "Η", "h", "Ι", "l", "Κ", "k", "Μ", "m", "Ν", "n", "Ο", "o", "Ρ", "p", "Τ", "t", "Υ", "y", "Χ", "x",
)

// skeleton is the same for names that look the same, as far as letters that
// are often mistaken go; the tag is for the rest.
func skeleton(name string) string {
	name = strings.ToLower(strings.ToUpper(capitals.Replace(norm.NFKD.String(name))))
	name = lookalikes.Replace(norm.NFKD.String(name))
	name = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, name)
	return strings.NewReplacer("rn", "m", "vv", "w", "nn", "m").Replace(name)
}
