package command

import (
	"fmt"
	"slices"
	"strings"
)

// people writes what a command about keys or users says behind its verb.
func (c Command) people(add func(...string)) {
	switch c.Verb {
	case VerbKey:
		if c.Number > 0 {
			add("remove", fmt.Sprint(c.Number))
			break
		}
		if c.Make {
			add("make")
			break
		}
		add("add")
		if c.Key != "" {
			add(c.Key)
		}
	case VerbAllow, VerbRevoke:
		c.named("", add)
		if c.Target != "" {
			add("on", c.Target)
		}
	case VerbShare, VerbUnshare:
		if c.Target != "" {
			add(c.Target)
		}
		add("with", c.Person)
	case VerbRemove:
		add("user", c.Person)
		switch {
		case c.TakeOver:
			add("and", "keep")
		case c.EndTheirs:
			add("and", "end")
		}
	case VerbInvite, VerbUser, VerbLimit, VerbBlock, VerbUnblock:
		c.person(add)
	}
}

// person writes what a command about somebody says behind its verb.
func (c Command) person(add func(...string)) {
	if c.Cancel {
		add("cancel")
	}
	add(c.Person)
	if c.Verb == VerbInvite && c.For > 0 {
		add("for", shortDuration(c.For))
	}
	r := c.Rights
	if len(r.Services) > 0 {
		add("services", strings.ReplaceAll(strings.Join(r.Services, ","), "*", "all"))
	}
	limit := func(word string, value int64, written string) {
		switch {
		case value < 0:
			add(word, "none")
		case value > 0:
			add(word, written)
		}
	}
	limit("max", int64(r.MaxInstances), fmt.Sprint(r.MaxInstances))
	limit("day", int64(r.PerDay), fmt.Sprint(r.PerDay))
	limit("life", int64(r.MaxLife), shortDuration(r.MaxLife))
	limit("storage", r.Storage, shortSize(r.Storage))
	if r.Role != "" {
		add("as", string(r.Role))
	}
}

// shortSize writes a size as it is typed: "100MB".
func shortSize(n int64) string {
	switch {
	case n%1e9 == 0:
		return fmt.Sprintf("%dGB", n/1e9)
	case n%1e6 == 0:
		return fmt.Sprintf("%dMB", n/1e6)
	}
	return fmt.Sprintf("%dkB", n/1e3)
}

// removes reads "remove ana" as what an operator says of a user: the same word
// takes a service down. What they run ends with "and end", or becomes the
// operator's with "and keep".
func (g *Grammar) removes(ws []string) (c Command, ok bool) {
	c.Verb = VerbRemove
	if g.User == nil || !g.User.Operates() || len(ws) < 2 || ws[0] != "remove" && ws[0] != "delete" {
		return c, false
	}
	ws = ws[1:]
	if n := len(ws); n > 2 && ws[n-2] == "and" && (ws[n-1] == "keep" || ws[n-1] == "end") {
		c.TakeOver, c.EndTheirs = ws[n-1] == "keep", ws[n-1] == "end"
		ws = ws[:n-2]
	}
	if len(ws) == 2 && (ws[0] == "user" || ws[0] == "person") {
		c.Person = ws[1]
		return c, true
	}
	c.Person = ws[0]
	return c, len(ws) == 1 && slices.ContainsFunc(g.Users, func(user string) bool { return strings.EqualFold(user, ws[0]) })
}
