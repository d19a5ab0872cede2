package command

import "slices"

// parsePrivate reads "private", and whom it is for besides: "private for ana
// and bob". A time behind "for" is not a person.
func parsePrivate(r *reader, c *Command) error {
	word := r.next()
	if c.Private {
		return r.usage(word)
	}
	c.Private = true
	if len(r.words) < 2 || r.peek() != "for" || visits(r.words[1:]) {
		return nil
	}
	if _, _, err := duration(r.words[1:]); err == nil || looksLikeTime(r.words[1]) {
		return nil
	}
	r.next()
	c.People = r.several("for", "as", "named", "called", "until", "till", "with", "keep", "idle", "once", "now")
	return nil
}

// several reads names, with or without "and" between them, up to one of these
// words, a time or the end.
func (r *reader) several(end ...string) (names []string) {
	for len(r.words) > 0 && !slices.Contains(end, r.peek()) {
		if len(names) > 0 && (looksLikeTime(r.peek()) || visits(r.words)) {
			break
		}
		if w := r.next(); !joins(w) {
			names = append(names, w)
		}
	}
	return names
}

// parseAdmit reads "allow bob on blog", "allow blog to bob" and "allow bob".
// Which of the two is a person behind "to" and "from" is seen when it is known
// what runs.
func parseAdmit(r *reader, c *Command) error {
	between := []string{"to", "from", "on", "in", "into", "at", "for"}
	c.People = r.several(between...)
	if len(c.People) == 0 {
		return r.usage("")
	}
	how := r.next()
	if how == "" {
		return nil
	}
	rest := r.several()
	switch {
	case how == "in" && len(rest) == 0:
		return nil
	case len(rest) == 0:
		return r.usage(how)
	case (how == "to" || how == "from") && len(c.People) == 1:
		c.Target, c.People = c.People[0], rest
	case len(rest) == 1:
		c.Target = rest[0]
	default:
		return r.usage(rest[1])
	}
	if meansIt(c.Target) {
		c.Target = ""
	}
	return nil
}

// named writes the people that a command names, behind a word.
func (c Command) named(word string, add func(...string)) {
	for n, p := range c.People {
		if n > 0 {
			word = "and"
		}
		if word != "" {
			add(word)
		}
		add(p)
	}
}
