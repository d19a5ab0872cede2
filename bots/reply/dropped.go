package reply

import (
	"fmt"
	"strconv"
	"strings"

	"onionbot/bots"
	"onionbot/services"
)

// dropped tells that strangers have left something. Nothing of theirs stands
// in it: neither a name nor a word.
func (c card) dropped() bots.Reply {
	count := func(arg string) int {
		n, _ := strconv.Atoi(c.n.Args[arg])
		return n
	}
	var parts []string
	if n := count("files"); n > 0 {
		parts = append(parts, plural(n, "file", "files"))
	}
	switch n := count("notes"); n {
	case 0:
	case 1:
		parts = append(parts, "a note")
	default:
		parts = append(parts, fmt.Sprintf("%d notes", n))
	}
	if len(parts) == 0 {
		parts = []string{"something"}
	}
	who := "Somebody has"
	if n := count("drops"); n > 1 {
		who = fmt.Sprintf("%d people (or one, several times) have", n)
	}
	head := fmt.Sprintf("%s left %s at %s, %s.", who, strings.Join(parts, " and "), c.name, humanSize(int64(count("bytes"))))
	var more string
	if c.i != nil && c.i.Live() {
		more = mine(c.d, c.i)
	}
	return bots.Reply{Text: lines(head, c.follows(), more), Copy: linksIn(more)}
}

// mine is what stands below the address of a service that has something for its
// owner alone.
func mine(d *services.Definition, i *services.Instance) string {
	if d == nil {
		return ""
	}
	var all []string
	for _, p := range d.Singles() {
		if p.Inward != 0 {
			_, _, more := openLine(p, i)
			all = append(all, more)
		}
	}
	return lines(all...)
}

// linksIn are the links in lines that a service's definition has.
func linksIn(text string) (links []string) {
	for word := range strings.FieldsSeq(text) {
		if strings.HasPrefix(word, "http://") {
			links = append(links, word)
		}
	}
	return links
}

// follows says what comes of it by itself.
func (c card) follows() string {
	switch {
	case c.n.Args["carried"] == "":
		return ""
	case c.n.Args["more"] != "":
		return "What is not too large or too much follows here; the rest is behind the link."
	}
	return "It follows here."
}

// droppedFile stands below a file.
func (c card) droppedFile() bots.Reply {
	return bots.Reply{Text: fmt.Sprintf("Left at %s by a stranger. Open it with care.", c.name)}
}

// Carried tells the notice's reader, if it is one about files, that they follow
// where it is read.
func Carried(n *services.Notice) *services.Notice {
	if n.Kind != services.KindDropped {
		return n
	}
	told := *n
	told.Args = map[string]string{"carried": "true"}
	for k, v := range n.Args {
		told.Args[k] = v
	}
	return &told
}
