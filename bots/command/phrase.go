package command

import (
	"slices"
	"strings"
)

// phrase turns what people say in passing into the words of a command: "can
// you take the site down", "is it up". What is no such phrase stays as it is.
func (g *Grammar) phrase(ws []string) []string {
	ws = g.withoutOpening(ws)
	if len(ws) == 0 {
		return ws
	}
	if rest, down := takeDown(ws); down {
		return append([]string{string(VerbStop)}, rest...)
	}
	if _, n, err := duration(ws); err == nil && (strings.HasPrefix(ws[0], "+") || n == len(ws)-1 && meansLonger(ws[n])) {
		return append([]string{string(VerbMore)}, ws...)
	}
	if more := oneMore(ws); more != nil {
		return append([]string{string(VerbMore)}, more...)
	}
	switch line := strings.Join(ws, " "); {
	case slices.Contains([]string{"off", "offline", "never mind", "nevermind"}, line):
		return []string{string(VerbStop)}
	case slices.Contains([]string{"what is running", "what's running", "whats running", "what runs", "what is up", "what's up", "show me what's running", "show me what is running", "show list", "my links", "what do i have", "my services", "my sites"}, line):
		return []string{string(VerbList)}
	case slices.Contains([]string{"how long", "how much time", "where is it", "what is it"}, line):
		return []string{string(VerbStatus)}
	case line == "who am i":
		return []string{string(VerbWhoami)}
	}
	if ws[0] == "another" || ws[0] == "new" {
		return append([]string{string(VerbStart)}, ws...)
	}
	return question(ws)
}

// question turns "is site up" and "what is the address" into a status.
func question(ws []string) []string {
	last := ws[len(ws)-1]
	switch {
	case ws[0] == "is" && len(ws) > 2 && slices.Contains([]string{"up", "running", "online", "ready", "reachable", "there", "alive"}, last):
		ws = slices.DeleteFunc(slices.Clone(ws[1:len(ws)-1]), func(w string) bool { return w == "still" || w == "it" })
		return append([]string{string(VerbStatus)}, ws...)
	case ws[0] == "what's" || ws[0] == "whats":
		ws = ws[1:]
	case len(ws) > 2 && (ws[0] == "what" || ws[0] == "where") && ws[1] == "is":
		ws = ws[2:]
	case len(ws) > 2 && (ws[0] == "give" || ws[0] == "send" || ws[0] == "tell") && ws[1] == "me":
		ws = ws[2:]
	case len(ws) == 2 && ws[0] == "the" && slices.Contains([]string{"link", "address", "url", "status"}, last):
	default:
		return ws
	}
	for len(ws) > 1 && slices.Contains(articles(), ws[0]) {
		ws = ws[1:]
	}
	if len(ws) == 1 && ws[0] == string(VerbLink) { // the one that is there, not a new one
		return []string{string(VerbStatus)}
	}
	return ws
}

// openings are words before a command that say nothing of their own.
var openings = []string{
	"ok", "okay", "hey", "hi", "hello", "so", "then", "now", "and", "well", "just", "can", "could", "would", "will", "you",
	"i", "i'd", "want", "like", "need", "to", "let's", "lets", "go", "quickly",
}

// kindness opens a line, too, but makes no command of the service behind it:
// "nice site" starts none.
var kindness = []string{"thank", "great", "cool", "nice", "good", "perfect", "yes", "yay", "much", "very", "a", "lot", "that's", "all"}

// withoutOpening drops an opening if a command follows it.
func (g *Grammar) withoutOpening(ws []string) []string {
	n, kind := 0, false
	for n < len(ws) && (slices.Contains(openings, ws[n]) || (n == 0 || kind) && slices.Contains(kindness, ws[n])) {
		kind = kind || slices.Contains(kindness, ws[n])
		n++
	}
	if n == 0 || n == len(ws) {
		return ws
	}
	_, down := takeDown(ws[n:])
	if down || g.verb(ws[n]) || !kind && g.opens(ws[n]) {
		return ws[n:]
	}
	return ws
}

// verb reports whether the word is a command that does something.
func (g *Grammar) verb(word string) bool {
	for _, e := range g.visible() {
		if e.Name != VerbThanks && e.Name != VerbGreet && (string(e.Name) == word || slices.Contains(e.Aliases, word)) {
			return true
		}
	}
	return false
}

// opens reports whether a line may begin with the word.
func (g *Grammar) opens(word string) bool { return g.verb(word) || slices.Contains(g.known(), word) }

// takeDown reads "take it down", "shut down the site", "turn site off": the
// words that are left name what is meant.
func takeDown(ws []string) (rest []string, ok bool) {
	if len(ws) < 2 || !slices.Contains([]string{"take", "shut", "turn", "bring", "switch", "tear", "pull", "put"}, ws[0]) {
		return nil, false
	}
	for _, w := range ws[1:] {
		if w == "down" || w == "off" || w == "offline" {
			ok = true
			continue
		}
		rest = append(rest, w)
	}
	return rest, ok
}

// oneMore reads "one more hour" and "another hour" as a time, nil if it is none.
func oneMore(ws []string) []string {
	if len(ws) > 3 && ws[0] == "give" && (ws[1] == "me" || ws[1] == "it") {
		ws = ws[2:]
	}
	var time []string
	switch {
	case len(ws) > 1 && ws[0] == "another":
		time = append([]string{"an"}, ws[1:]...)
	case len(ws) > 2 && ws[1] == "more":
		time = append([]string{ws[0]}, ws[2:]...)
	default:
		return nil
	}
	if _, _, err := duration(time); err != nil {
		return nil
	}
	return time
}

func meansLonger(w string) bool { return w == "more" || w == "longer" }

// meansIt reports whether a word stands for what is running.
func meansIt(w string) bool {
	return slices.Contains([]string{"it", "this", "that", "them"}, w)
}
