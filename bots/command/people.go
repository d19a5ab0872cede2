package command

import (
	"slices"
	"strconv"
	"strings"

	"onionbot/services"
)

// managing are the commands about people, for operators.
func managing() []Entry {
	return []Entry{
		{
			Name: VerbInvite, operator: true, people: true,
			Usage: "invite <name> [for <time>] [services <names>] [max <n>] [day <n>] [life <time>] [as guest]",
			Help:  "a code that lets a friend in",
			Examples: []Example{
				{"invite ana", "a code that is good for a day"},
				{"invite ana for 2h services site max 2 life 12h", "what ana may do, and how long the code is good"},
				{"invite cancel ana", "the code is worthless"},
			},
			parse: parseInvite,
		},
		{
			Name: VerbInvites, Aliases: []string{"invitations", "codes"}, operator: true, people: true,
			Usage: "invites", Help: "codes that nobody has used yet", parse: parseNothing,
		},
		{
			Name: VerbUsers, Aliases: []string{"people"}, operator: true, people: true,
			Usage: "users", Help: "who may use this bot", parse: parseNothing,
		},
		{
			Name: VerbUser, Aliases: []string{"person"}, operator: true, people: true,
			Usage: "user <name>", Help: "what somebody may do, and does", parse: parsePerson,
		},
		{
			Name: VerbLimit, operator: true, people: true,
			Usage: "limit <name> [services <names>] [max <n>] [day <n>] [life <time>] [as guest]",
			Help:  "change what somebody may do",
			Examples: []Example{
				{"limit ana max 3 life 24h", "three at once, a day each"},
				{"limit ana day none", "no limit for a day"},
			},
			parse: parseLimit,
		},
		{
			Name: VerbBlock, Aliases: []string{"ban"}, operator: true, people: true,
			Usage: "block <name>", Help: "no answer to them, until you unblock them", parse: parsePerson,
		},
		{
			Name: VerbUnblock, Aliases: []string{"unban"}, operator: true, people: true,
			Usage: "unblock <name>", Help: "let somebody in again", parse: parsePerson,
		},
		{
			Name: VerbReload, operator: true, people: true,
			Usage: "reload", Help: "read the users of the configuration again", parse: parseNothing,
		},
	}
}

func parsePerson(r *reader, c *Command) error {
	r.skip("user", "person")
	if c.Person = r.next(); c.Person == "" {
		return r.usage("")
	}
	return nil
}

func parseInvite(r *reader, c *Command) error {
	if len(r.words) > 1 && slices.Contains([]string{"cancel", "revoke", "withdraw"}, r.peek()) {
		r.next()
		c.Cancel = true
		return parsePerson(r, c)
	}
	if r.peek() == "for" { // the name is missing
		return r.usage(r.peek())
	}
	if err := parsePerson(r, c); err != nil {
		return err
	}
	for len(r.words) > 0 {
		if r.peek() == "for" && c.For == 0 {
			var err error
			r.next()
			if c.For, err = r.duration(); err != nil {
				return err
			}
			continue
		}
		if err := parseRight(r, c); err != nil {
			return err
		}
	}
	return nil
}

func parseLimit(r *reader, c *Command) error {
	if err := parsePerson(r, c); err != nil {
		return err
	}
	if len(r.words) == 0 {
		return r.usage("")
	}
	for len(r.words) > 0 {
		if err := parseRight(r, c); err != nil {
			return err
		}
	}
	return nil
}

// parseRight reads one of the things that somebody may be allowed.
func parseRight(r *reader, c *Command) (err error) {
	word, rights := r.next(), &c.Rights
	switch word {
	case "and", "to", "with":
		return nil
	case "services", "service", "start":
		rights.Services, err = r.services()
	case "max", "most":
		rights.MaxInstances, err = r.count(false)
	case "day", "daily":
		rights.PerDay, err = r.count(true)
	case "life", "lives":
		if r.unlimited() {
			rights.MaxLife = services.Unlimited
			return nil
		}
		rights.MaxLife, err = r.duration()
	case "as", "a":
		switch role := services.Role(r.next()); role {
		case services.RoleGuest, services.RoleMember:
			rights.Role = role
		default:
			return r.usage(string(role))
		}
	case string(services.RoleGuest), string(services.RoleMember):
		rights.Role = services.Role(word)
	default:
		return r.usage(word)
	}
	return err
}

// rightWords begin the next of the things that somebody may be allowed.
var rightWords = []string{"for", "max", "most", "day", "daily", "life", "lives", "storage", "space", "as", "guest", "member", "to", "with"}

// services reads names of services: "site,share", "site and share", "all".
func (r *reader) services() ([]string, error) {
	var out []string
	for len(r.words) > 0 && !slices.Contains(rightWords, r.peek()) {
		for w := range strings.SplitSeq(r.next(), ",") {
			switch w {
			case "", "and":
				continue
			case "all", "everything", "any":
				return []string{"*"}, nil
			}
			d, err := services.Choose(r.grammar.Services, r.grammar.User, w)
			if err != nil {
				return nil, err
			}
			if !slices.Contains(out, d.Name) {
				out = append(out, d.Name)
			}
		}
	}
	if len(out) == 0 {
		return nil, r.usage(r.peek())
	}
	return out, nil
}

// unlimited passes over a word that takes a limit away.
func (r *reader) unlimited() bool {
	if !slices.Contains([]string{"none", "no", "unlimited", "any"}, r.peek()) {
		return false
	}
	r.next()
	return true
}

// mostAllowed bounds the counts that can be typed.
const mostAllowed = 1000

func (r *reader) count(none bool) (int, error) {
	if none && r.unlimited() {
		return services.Unlimited, nil
	}
	word := r.next()
	n, err := strconv.Atoi(word)
	if n == 0 {
		n = int(number(word))
		err = nil
	}
	if err != nil || n < 1 || n > mostAllowed {
		return 0, r.usage(word)
	}
	return n, nil
}
