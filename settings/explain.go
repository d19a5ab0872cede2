package settings

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// bare is a value that could be a text without its quotes.
var bare = regexp.MustCompile(`^[^\s\[\]{}"'=,#][^\[\]{}"'=,#]*`)

// explain says in an operator's words what TOML refuses in a line; column is
// the place in bytes, say the library's words.
func explain(line string, column int, say string) string {
	rest := ""
	if column >= 1 && column <= len(line) {
		rest = line[column-1:]
	}
	code := beforeRemark(line)
	if q := strings.IndexAny(code, "“”„‟‘’‚«»"); q >= 0 && !strings.Contains(say, "already") {
		r, _ := utf8.DecodeRuneInString(code[q:])
		return fmt.Sprintf(`the quotes are curly (%c); write straight ones: "`, r)
	}
	if odd := strings.IndexFunc(code, oddSpace); odd >= 0 && strings.HasPrefix(say, "expected '='") {
		return "there is a space that is not an ordinary one, as web pages have; type it anew"
	}
	switch {
	case strings.Contains(say, "cannot have new lines"), strings.Contains(say, "string not closed"), strings.Contains(say, "unterminated"):
		return "a quote is missing: the text does not end on its line"
	case strings.Contains(say, "escape"):
		return `a backslash in quotes must be doubled: write \\, or put the text in '…'`
	case strings.Contains(say, "at start of value"), strings.Contains(say, "must be quoted"), strings.Contains(say, "leading zeroes"):
		return badValue(line, rest)
	case strings.HasPrefix(say, "expected value"):
		return "the value is missing: a setting is written as name = value"
	case strings.HasPrefix(say, "expected '='"), strings.Contains(say, "start of key"):
		return badName(line)
	case strings.HasPrefix(say, "expected newline"):
		return leftOver(line, rest)
	case strings.Contains(say, "array value"), strings.Contains(say, "array is incomplete"):
		return `a comma or a quote between two entries is missing, or the "]" at the end of the list`
	case strings.Contains(say, "']'"), strings.Contains(say, "']]'"):
		return "a bracket is missing: a part begins with a line like [tor], a user with [[users]]"
	case strings.HasSuffix(say, "is already defined"), strings.HasSuffix(say, "already exists"):
		return "it stands twice in the file; remove one"
	}
	return say
}

// badValue is a text without quotes, for the most part.
func badValue(line, rest string) string {
	if strings.HasPrefix(rest, "=") || strings.HasPrefix(rest, ",") {
		return fmt.Sprintf("there is a %q too many", rest[:1])
	}
	if _, value, ok := strings.Cut(line, "="); ok && !strings.Contains(value, "[") {
		rest = strings.TrimSpace(value)
	}
	word := strings.TrimSpace(bare.FindString(rest))
	switch lower := strings.ToLower(word); {
	case word == "":
		return "the value cannot be read; texts stand in quotes, as in \"text\""
	case lower == "true" || lower == "false":
		return fmt.Sprintf("%s is written in small letters: %s", word, lower)
	case lower == "yes" || lower == "on":
		return fmt.Sprintf("write true instead of %s", word)
	case lower == "no" || lower == "off":
		return fmt.Sprintf("write false instead of %s", word)
	}
	return fmt.Sprintf("texts and times stand in quotes: write %q", word)
}

// badName is a line that is no setting.
func badName(line string) string {
	if name, _, ok := strings.Cut(line, ":"); ok && !strings.Contains(name, "=") {
		return `a setting is written with "=", as in name = value, not with ":"`
	}
	return "a setting is written as name = value; a remark begins with #"
}

// leftOver is what stands behind a value.
func leftOver(line, rest string) string {
	rest = strings.TrimSpace(rest)
	if _, value, ok := strings.Cut(line, "="); ok && bare.MatchString(strings.TrimSpace(value)) {
		if v := strings.TrimSpace(beforeRemark(value)); !strings.ContainsAny(v, `"'`) {
			return fmt.Sprintf("texts and times stand in quotes: write %q", v)
		}
	}
	if strings.HasPrefix(rest, ",") {
		return "each setting has a line of its own, without a comma at its end"
	}
	return fmt.Sprintf("there is something behind the value (%s); a quote may be missing, or one is inside the text: then put it in '…' or \"…\", whichever it has not", shorten(rest))
}

func shorten(s string) string {
	const most = 20
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// beforeRemark is a line without the remark at its end.
func beforeRemark(line string) string {
	quote := rune(0)
	for i, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote = r
		case quote == 0 && r == '#':
			return line[:i]
		}
	}
	return line
}

func oddSpace(r rune) bool { return unicode.Is(unicode.Zs, r) && r != ' ' }
