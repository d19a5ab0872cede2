package mastodon

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// wordJoiner is invisible and keeps its neighbours on one line.
const wordJoiner = "\u2060"

// minRoom is the least text per post, whatever a server says.
const minRoom = 100

var sshTarget = regexp.MustCompile(`\bssh((?: -[A-Za-z0-9]+(?: [0-9]+)?)*) ([a-z_][a-z0-9_-]*)@([a-z2-7]{56}\.onion)\b`)

// defuse makes sure that nothing in text can mention anybody. Servers differ
// in what they take for a mention, so every @ is followed by a word joiner,
// which no server's user name can begin with. The line that people copy into
// a terminal must stay exact: "ssh user@host" becomes "ssh -l user host",
// which is the same and has no @.
func defuse(text string) string {
	text = sshTarget.ReplaceAllString(text, "ssh$1 -l $2 $3")
	text = strings.ReplaceAll(text, "＠", "@")
	return strings.ReplaceAll(text, "@", "@"+wordJoiner)
}

// placeholder is what stands for a word in a usage line: "<name>".
var placeholder = regexp.MustCompile(`<([a-z][a-z ]*)>`)

// withoutAngles writes placeholders in capitals: where a post may be read as
// Markdown or HTML, what stands in angle brackets vanishes.
func withoutAngles(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(p string) string { return strings.ToUpper(strings.Trim(p, "<>")) })
}

// compose makes the posts of a reply: each mentions the recipient, fits the
// server's limit, and is cut between lines where possible.
func (a *Adapter) compose(text, acct string, limits *instance) []string {
	prefix := "@" + acct + " "
	local, _, _ := strings.Cut(acct, "@")
	used := utf8.RuneCountInString(a.warning)
	if limits.urlChars > 0 {
		used += len("@") + utf8.RuneCountInString(local) + len(" ")
	} else {
		used += utf8.RuneCountInString(prefix)
	}
	if !takesPlainText(limits.version) {
		text = withoutAngles(text)
	}
	parts := split(defuse(text), max(limits.maxChars-used, minRoom), limits.urlChars)
	for i := range parts {
		parts[i] = prefix + parts[i]
	}
	return parts
}

var link = regexp.MustCompile(`https?://[^\s<>"]+`)

// count is the length of text as the server counts it: urlChars for a link,
// or its own length where urlChars is 0.
func count(text string, urlChars int) int {
	n := utf8.RuneCountInString(text)
	if urlChars == 0 {
		return n
	}
	for _, l := range link.FindAllString(text, -1) {
		n += urlChars - utf8.RuneCountInString(l)
	}
	return n
}

// split cuts text into parts of at most room characters: at line ends, else
// at spaces, else anywhere.
func split(text string, room, urlChars int) []string {
	var parts []string
	part := ""
	flush := func() {
		if p := strings.Trim(part, "\n"); p != "" {
			parts = append(parts, p)
		}
		part = ""
	}
	for _, line := range strings.Split(text, "\n") {
		if count(part+line, urlChars) > room {
			flush()
		}
		for count(line, urlChars) > room {
			head, tail := cutLine(line, room, urlChars)
			if head != "" {
				parts = append(parts, head)
			}
			line = tail
		}
		part += line + "\n"
	}
	flush()
	if len(parts) == 0 {
		parts = []string{""}
	}
	return parts
}

// cutLine cuts one line that is too long.
func cutLine(line string, room, urlChars int) (head, tail string) {
	words := strings.SplitAfter(line, " ")
	for i, w := range words {
		if count(head+strings.TrimRight(w, " "), urlChars) > room {
			if i == 0 {
				break
			}
			return strings.TrimRight(head, " "), strings.Join(words[i:], "")
		}
		head += w
	}
	runes := []rune(line)
	n := min(room, len(runes))
	return string(runes[:n]), string(runes[n:])
}
