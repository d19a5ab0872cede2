package command

import (
	"slices"
	"strings"

	"onionbot/services"
)

// parseShare reads "share blog with bob", and "unshare blog from bob".
func parseShare(r *reader, c *Command) error {
	r.skip(articles()...)
	if w := r.peek(); w != "with" && w != "from" && w != "to" {
		c.Target = r.target()
	}
	if !slices.Contains([]string{"with", "from", "to"}, r.next()) {
		return r.usage(c.Target)
	}
	return parsePerson(r, c)
}

// shares reads "share": with a name and a user it gives an instance to them;
// else it is the service of that name that is meant, if there is one.
func (g *Grammar) shares(ws []string) (c Command, ok bool, err error) {
	if ws[0] != string(VerbShare) {
		return c, false, nil
	}
	r := &reader{grammar: g, verb: VerbShare, words: ws[1:]}
	c.Verb = VerbShare
	err = parseShare(r, &c)
	if err == nil {
		err = r.end()
	}
	if err == nil && !strings.HasPrefix(c.Person, "#") { // "start share with #12" is what a button says
		return c, true, nil
	}
	if _, none := services.Choose(g.Services, g.User, ws[0]); none != nil {
		return c, true, err
	}
	started, refused := g.line(append([]string{string(VerbStart)}, ws...), false)
	if services.IsCode(refused, services.CodeUsage) {
		return c, true, err
	}
	return started, true, refused
}

// links reads "link", alone or with what is to be linked, as the wish to use
// the bot from elsewhere: with the name of a service it asks for its address.
func links(ws []string) bool {
	if ws[0] != string(VerbLink) {
		return false
	}
	for _, w := range ws[1:] {
		switch w {
		case "me", "my", "this", "another", "a", "an", "new", "second", "other", "to", "phone", "account", "device", "network", "telegram", "mastodon":
		default:
			return false
		}
	}
	return true
}
