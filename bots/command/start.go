package command

import (
	"slices"
	"strings"

	"onionbot/services"
)

func parseStart(r *reader, c *Command) error {
	r.skip(articles()...)
	for c.Verb == VerbStart && len(r.words) > 1 && slices.Contains([]string{"another", "new", "second", "fresh"}, r.peek()) {
		c.New = true
		r.next()
	}
	if r.peek() == "private" && len(r.words) > 1 && !r.grammar.permits("private") {
		c.Private = true
		r.next()
	}
	r.words = r.grammar.spread(r.words)
	names, err := parseServices(r)
	if err != nil {
		return err
	}
	d, err := services.Choose(r.grammar.Services, r.grammar.User, services.JointName(names...))
	if err != nil {
		return err
	}
	c.Service = d.Name
	return parseClauses(r, c)
}

// parseServices reads what is to stand behind one address: "site", "site and
// ssh". Of a comma between them nothing is left by now.
func parseServices(r *reader) (names []string, err error) {
	for {
		word := r.next()
		if word == "" || len(names) > 0 && r.grammar.verb(word) && !r.grammar.permits(word) {
			return nil, r.usage(word) // "start site and stop ssh" is two messages
		}
		names = append(names, word)
		switch next := r.peek(); {
		case joins(next):
			r.next()
			r.skip(articles()...)
		case !r.grammar.permits(next):
			return names, nil
		}
	}
}

func joins(w string) bool { return slices.Contains([]string{"and", "+", "plus"}, w) }

// permits reports whether the word is a service that the sender may start.
func (g *Grammar) permits(word string) bool {
	_, err := services.Choose(g.Services, g.User, word)
	return err == nil
}

// spread takes words like "site+ssh" and "site,ssh" apart, if what is in them
// is services.
func (g *Grammar) spread(ws []string) []string {
	var out []string
	for _, w := range ws {
		pieces := strings.FieldsFunc(w, func(r rune) bool { return r == '+' || r == ',' })
		if !strings.ContainsAny(w, "+,") || !slices.ContainsFunc(pieces, g.permits) {
			out = append(out, w)
			continue
		}
		for i, p := range pieces {
			if i > 0 || w[0] == '+' {
				out = append(out, "+")
			}
			out = append(out, p)
		}
	}
	return out
}
