package content

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// candidate is an encoding that names and texts without a mark may have.
type candidate struct {
	encoding encoding.Encoding
	plain    func(b []byte) int // how many of the bytes are common characters' of a double-byte set
}

// nameCandidates are what ZIP programs write, the likeliest first: what the
// format says (CP437), its relatives of other countries, then what Windows
// calls ANSI.
func nameCandidates() []candidate {
	return []candidate{
		{encoding: charmap.CodePage437},
		{encoding: charmap.CodePage850},
		{encoding: charmap.CodePage866},
		{encoding: japanese.ShiftJIS, plain: commonSJIS},
		{encoding: simplifiedchinese.GBK, plain: commonGB},
		{encoding: korean.EUCKR, plain: commonKorean},
		{encoding: traditionalchinese.Big5, plain: commonBig5},
		{encoding: charmap.Windows1252},
		{encoding: charmap.Windows1251},
	}
}

// textCandidates are what text files without a mark are written in.
func textCandidates() []candidate {
	return []candidate{
		{encoding: charmap.Windows1252},
		{encoding: charmap.Windows1251},
		{encoding: japanese.ShiftJIS, plain: commonSJIS},
		{encoding: simplifiedchinese.GBK, plain: commonGB},
		{encoding: korean.EUCKR, plain: commonKorean},
		{encoding: traditionalchinese.Big5, plain: commonBig5},
		{encoding: charmap.CodePage866},
		{encoding: charmap.CodePage850},
	}
}

// Hangul are common hanzi in GBK too, byte by byte; the other way round about
// half of them are. A sample that is hangul throughout and of this length, in
// bytes, is taken for Korean.
const sureKorean = 10

// guess is the candidate that makes the most plausible text of a sample.
func guess(candidates []candidate, sample string) encoding.Encoding {
	best, least := candidates[0].encoding, int(^uint(0)>>1)
	for _, c := range candidates {
		text, err := c.encoding.NewDecoder().String(sample)
		if err != nil {
			continue
		}
		odd := oddness(text)
		if c.plain != nil {
			n := rare(sample, c.plain)
			if n == 0 && c.encoding == korean.EUCKR && len(sample) >= sureKorean {
				n = -1
			}
			odd += n
		}
		if odd < least {
			best, least = c.encoding, odd
		}
	}
	return best
}

// decodeName is a name as text, whatever it was written in.
func decodeName(name string) string {
	if utf8.ValidString(name) {
		return name
	}
	return decode(guess(nameCandidates(), name), name)
}

// decode is one name or text in an encoding.
func decode(e encoding.Encoding, s string) string {
	text, err := e.NewDecoder().String(s)
	if err != nil {
		return strings.ToValidUTF8(s, "_")
	}
	return text
}

// oddness counts what real words seldom have: signs, letters of two scripts
// side by side, capitals after small letters, and two accented Latin letters
// in a row.
func oddness(text string) int {
	odd := 0
	last := rune(0)
	for _, r := range text {
		switch {
		case r == utf8.RuneError || r < 0x20 && r != '\n' && r != '\r' && r != '\t' || r >= 0x7F && r < 0xA0:
			odd += 20
		case r >= 0xFF61 && r <= 0xFF9F: // half-width kana: what other encodings look like in Shift-JIS
			odd += 3
		case r > 0x7F && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !expected(r):
			odd += 4
		case r > 0x7F && script(r) == latin && script(last) == latin && last > 0x7F:
			odd += 2
		case script(r) != none && script(last) != none && script(r) != script(last):
			odd += 3
		case unicode.IsUpper(r) && unicode.IsLower(last) && (r > 0x7F || last > 0x7F):
			odd += 2
		}
		last = r
	}
	return odd
}

// expected are signs that names and texts do have.
func expected(r rune) bool {
	return strings.ContainsRune("–—‘’“”„«»…§€£©®№、。，！？：；（）「」『』【】《》・～\u00a0\u3000ー¿¡", r)
}

type writing int

const (
	none writing = iota
	latin
	greek
	cyrillic
	eastern
	other
)

func script(r rune) writing {
	switch {
	case !unicode.IsLetter(r):
		return none
	case unicode.Is(unicode.Latin, r):
		return latin
	case unicode.Is(unicode.Greek, r):
		return greek
	case unicode.Is(unicode.Cyrillic, r):
		return cyrillic
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul):
		return eastern
	}
	return other
}

// rare counts the double-byte characters in a sample that are not common ones.
func rare(sample string, common func([]byte) int) int {
	b := []byte(sample)
	odd := 0
	for i := 0; i+1 < len(b); {
		if b[i] < 0x80 {
			i++
			continue
		}
		odd += common(b[i : i+2])
		i += 2
	}
	return odd
}

// commonSJIS is 0 for kana and the kanji of the first level.
func commonSJIS(b []byte) int {
	switch {
	case b[0] >= 0x81 && b[0] <= 0x84, b[0] >= 0x88 && b[0] <= 0x97, b[0] == 0x98 && b[1] <= 0x72:
		return 0
	}
	return 2
}

// commonGB is 0 for the hanzi of GB 2312's first level and its signs.
func commonGB(b []byte) int {
	if b[1] >= 0xA1 && (b[0] >= 0xB0 && b[0] <= 0xD7 || b[0] == 0xA1 || b[0] == 0xA3) {
		return 0
	}
	return 2
}

// commonKorean is 0 for hangul.
func commonKorean(b []byte) int {
	if b[1] >= 0xA1 && b[0] >= 0xB0 && b[0] <= 0xC8 {
		return 0
	}
	return 2
}

// commonBig5 is 0 for the hanzi of the first level.
func commonBig5(b []byte) int {
	if b[0] >= 0xA4 && b[0] <= 0xC6 || b[0] == 0xA1 {
		return 0
	}
	return 2
}
