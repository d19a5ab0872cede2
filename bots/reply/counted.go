package reply

import (
	"fmt"
	"strconv"

	"onionbot/bots"
	"onionbot/services"
)

// countWords are what the rules of a service count, one and several.
func countWords(d *services.Definition) (one, many string) {
	if d != nil {
		for _, single := range d.Singles() {
			if single.ByEvents() {
				return single.Counts, single.Counts + "s"
			}
		}
	}
	return "visit", "visits"
}

// counts is so many of what the rules of the service count.
func counts(d *services.Definition, n int) string {
	one, many := countWords(d)
	return plural(n, one, many)
}

// soFar is what the rules of an instance have counted; "" if nobody asked.
func soFar(i *services.Instance, d *services.Definition) string {
	one, _ := countWords(d)
	switch {
	case !i.Live():
	case i.Rules.Visits > 0:
		return fmt.Sprintf("%s so far, of %d.", counts(d, i.Visits), i.Rules.Visits)
	case one != "visit" && i.Visits > 0:
		return counts(d, i.Visits) + " so far."
	}
	return ""
}

// counted tells what an app has counted.
func (c card) counted() bots.Reply {
	number := func(arg string) int {
		n, _ := strconv.Atoi(c.n.Args[arg])
		return n
	}
	from, to, of := number("from"), number("to"), number("of")
	what := tame(c.n.Args["counts"], quoteLimit)
	more := to - from
	var head string
	switch {
	case what == "download" && more <= 1:
		head = fmt.Sprintf("Somebody has downloaded everything from %s.", c.name)
	case what == "download":
		head = fmt.Sprintf("Everything on %s was downloaded %d more times.", c.name, more)
	default:
		head = fmt.Sprintf("%s: %s more.", c.name, plural(more, what, what+"s"))
	}
	switch {
	case of > 0:
		head += fmt.Sprintf(" %d of %d.", to, of)
	case to > 1:
		head += fmt.Sprintf(" %d so far.", to)
	}
	return bots.Reply{Text: head}
}
