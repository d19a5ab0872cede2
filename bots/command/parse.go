package command

import (
	"slices"
	"strconv"
	"strings"

	"onionbot/services"
)

func articles() []string { return []string{"a", "an", "the", "my"} }

func parseNothing(*reader, *Command) error { return nil }

// parseAnything is for kind words: whatever follows is kind, too.
func parseAnything(r *reader, _ *Command) error {
	r.words = nil
	return nil
}

func parseTarget(r *reader, c *Command) error {
	r.skip("of", "for", "to")
	r.skip(articles()...)
	c.Target = r.target()
	return nil
}

func parseHelp(r *reader, c *Command) error {
	word := strings.TrimLeft(r.next(), "/")
	switch word {
	case "":
		return nil
	case "all", "everything":
		c.All = true
		return nil
	case string(TopicPeople):
		if u := r.grammar.User; u != nil && u.Operates() {
			c.Topic = TopicPeople
			return nil
		}
	}
	for _, e := range r.grammar.visible() {
		if string(e.Name) == word || slices.Contains(e.Aliases, word) {
			c.Topic = e.Name
			return nil
		}
	}
	return services.E(services.CodeUnknownCommand, "word", word, "suggestion", services.Suggest(word, r.grammar.known()))
}

func parseAdd(r *reader, c *Command) error {
	r.skip("this", "these", "it")
	r.skip("to", "on")
	r.skip(articles()...)
	if r.peek() != "with" && r.peek() != "keep" {
		c.Target = r.next()
	}
	if r.peek() == "with" {
		if err := parseWith(r, c); err != nil {
			return err
		}
	}
	if r.peek() == "keep" {
		return parseKeep(r, c)
	}
	return nil
}

// parseKeep reads "keep metadata".
func parseKeep(r *reader, c *Command) error {
	word := r.next()
	r.skip("the", "all", "my")
	switch r.peek() {
	case "metadata", "meta", "exif", "gps":
		c.KeepMetadata = true
		if r.next(); r.peek() == "data" {
			r.next()
		}
		return nil
	}
	return r.usage(word)
}

// parseWith reads "with #<message>", as buttons say it.
func parseWith(r *reader, c *Command) error {
	word := r.next()
	if c.With != "" || !strings.HasPrefix(r.peek(), "#") {
		return r.usage(word)
	}
	c.With = r.next()
	return nil
}

// parseStop never fails for want of grammar: what says nothing is passed over.
// Names are kept apart by "and" or a comma.
func parseStop(r *reader, c *Command) error {
	said := slices.DeleteFunc(slices.Clone(r.words), func(w string) bool {
		return meansIt(w) || slices.Contains([]string{
			"a", "an", "the", "my", "now", "immediately", "asap", "right", "away", "quickly", "of", "and", "down", "off", "running", "service",
			"services", "onion", "onions", "again", "already", "too", "both", "for", "me", "stop", "+", "/", "offline",
		}, w)
	})
	r.words = nil
	if k := slices.IndexFunc(said, func(w string) bool { return w == "all" || w == "everything" }); k >= 0 {
		c.All = true
		for _, w := range slices.Delete(said, k, k+1) {
			service, err := services.Choose(r.grammar.Services, r.grammar.User, strings.TrimSuffix(w, "s"))
			if err != nil {
				service, err = services.Choose(r.grammar.Services, r.grammar.User, w)
			}
			if err != nil || c.Service != "" {
				return r.usage(w)
			}
			c.Service = service.Name
		}
		return nil
	}
	if len(said) > 0 {
		c.Target, c.Others = said[0], slices.Clip(said[1:])
	}
	if len(c.Others) == 0 {
		c.Others = nil
	}
	return nil
}

func parseMore(r *reader, c *Command) error {
	if r.peek() == "time" {
		r.next()
	}
	r.skip("by", "for", "to", "my", "the", "more", "longer")
	if r.peek() == "until" || r.peek() == "till" {
		return parseMoreUntil(r, c)
	}
	var err error
	if _, _, bad := duration(r.words); bad != nil && len(r.words) > 1 && !looksLikeTime(r.words[0]) {
		c.Target = r.target()
		r.skip("by", "for", "to")
		if r.peek() == "until" || r.peek() == "till" {
			return parseMoreUntil(r, c)
		}
	}
	if c.For, err = r.duration(); err != nil {
		return err
	}
	if meansLonger(r.peek()) {
		r.next()
	}
	if c.Target == "" {
		r.skip("for", "on", "my", "the")
		c.Target = r.target()
	}
	return nil
}

func parseMoreUntil(r *reader, c *Command) error {
	if err := parseUntil(r, c); err != nil {
		return err
	}
	if c.Target == "" {
		r.skip("for", "my", "the")
		c.Target = r.target()
	}
	return nil
}

// looksLikeTime keeps "more -2h site" from being read as a name.
func looksLikeTime(w string) bool {
	return strings.Trim(w[:1], "0123456789-+.") == ""
}

// parseClause reads one of the things that may follow "start <service>".
func parseClause(r *reader, c *Command) error {
	word := r.peek()
	switch word {
	case "as", "named", "called":
		r.next()
		if c.Name != "" || r.peek() == "" {
			return r.usage(word)
		}
		c.Name = r.next()
		return nil
	case "for":
		r.next()
		if visits(r.words) {
			return parseVisits(r, c)
		}
		return parseLife(r, c)
	case "until", "till":
		return parseUntil(r, c)
	case "with":
		return parseWith(r, c)
	case "keep":
		return parseKeep(r, c)
	case "idle":
		r.next()
		r.skip("for", "after")
		if c.Idle > 0 {
			return r.usage(word)
		}
		var err error
		c.Idle, err = r.duration()
		return err
	case "private", "privately":
		return parsePrivate(r, c)
	case "now", "immediately", "right":
		r.next()
		return nil
	case "once":
		r.next()
		if c.Visits > 0 {
			return r.usage(word)
		}
		c.Visits = 1
		return nil
	}
	if visits(r.words) {
		return parseVisits(r, c)
	}
	if looksLikeTime(word) {
		return parseLife(r, c) // "start site 2h"
	}
	return r.usage(word)
}

func parseLife(r *reader, c *Command) error {
	if c.For > 0 {
		return r.usage(r.peek())
	}
	var err error
	c.For, err = r.duration()
	return err
}

func parseUntil(r *reader, c *Command) error {
	word := r.next()
	if !c.Until.IsZero() || len(r.words) == 0 {
		return r.usage(word)
	}
	at, used, err := moment(r.words, r.grammar.Now)
	if err != nil {
		return err
	}
	c.Until, r.words = at, r.words[used:]
	return nil
}

// visits reports whether the words begin with "<n> visits".
func visits(words []string) bool {
	if len(words) < 2 {
		return false
	}
	switch words[1] {
	case "visit", "visits", "visitor", "visitors", "connection", "connections", "times", "time", "download", "downloads":
		return true
	}
	return false
}

// maxVisits bounds "for <n> visits": more is as good as no limit.
const maxVisits = 1_000_000

func parseVisits(r *reader, c *Command) error {
	count := r.next()
	n, err := strconv.Atoi(count)
	switch count {
	case "a", "one":
		n, err = 1, nil
	}
	if err != nil || n < 1 || n > maxVisits || c.Visits > 0 {
		return r.usage(count)
	}
	r.next()
	c.Visits = n
	return nil
}
