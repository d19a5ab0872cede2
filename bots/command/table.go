package command

import (
	"slices"

	"onionbot/services"
)

// Entry is one row of the table of commands.
type Entry struct {
	Name     Verb
	Aliases  []string
	Usage    string    // as help shows it
	Help     string    // one line
	Examples []Example // for "help <command>"

	operator bool // only operators may see it
	hidden   bool // understood, but not listed
	people   bool // about people: listed by itself
	parse    func(r *reader, c *Command) error
}

// Example is a line that can be typed and what it does.
type Example struct{ Line, Note string }

// Table is the table of commands as a user may see it. Help, the suggestions
// and the command menus of chat services are made from it.
func Table(u *services.User) []Entry {
	var out []Entry
	for _, e := range table() {
		if !e.operator || (u != nil && u.Operates()) {
			out = append(out, e)
		}
	}
	return out
}

// Lookup returns the entry of a verb, whoever may see it.
func Lookup(verb Verb) (Entry, bool) {
	for _, e := range table() {
		if e.Name == verb {
			return e, true
		}
	}
	return Entry{}, false
}

// Listed reports whether help and menus show the command.
func (e Entry) Listed() bool { return !e.hidden && !e.people }

// OfPeople reports whether the command is one of those about people, which
// "help people" lists.
func (e Entry) OfPeople() bool { return e.people }

// TopicPeople is the topic of help that lists the commands about people.
const TopicPeople Verb = "people"

func table() []Entry { return slices.Concat(doing(), asking(), keyed(), helping(), managing()) }

// doing are the commands that change something, and what people ask about it.
func doing() []Entry {
	return []Entry{
		{
			Name: VerbStart, Aliases: []string{"run", "open", "launch", "create", "make", "up"},
			Usage: "start <service> [as <name>] [for <duration>]",
			Help:  "start an onion service",
			Examples: []Example{
				{"start site for 2h", "ends in two hours"},
				{"start site until 18:00", "ends at that time"},
				{"start site idle 15m", "ends when nobody came for 15 minutes"},
				{"start site once", "ends after one visit"},
				{"start site for 20 visits", "ends after that many connections"},
				{"start site as blog", "a second one, with a name of its own"},
				{"start site and ssh as camp", "both behind one address"},
				{"start site private", "opens only with your onion key"},
				{"start site private for ana, bob", "and with theirs"},
				{"start another site", "a second one, with a name that is free"},
				{"start site keep metadata", "pictures keep place and camera"},
			},
			parse: parseStart,
		},
		{
			Name: VerbStop, Aliases: []string{"end", "kill", "close", "remove", "delete", "down", "cancel", "quit", "exit", "halt", "abort", "terminate", "destroy"},
			Usage: "stop <name> | all", Help: "take it down now; the address is gone for good",
			Examples: []Example{{"stop site", ""}, {"stop all", "everything of yours"}}, parse: parseStop,
		},
		{
			Name: VerbList, Aliases: []string{"ls", "ps", "running"},
			Usage: "list", Help: "what you have running", parse: parseNothing,
		},
		{
			Name: VerbStatus, Aliases: []string{"info", "show", "state", "check", "link", "address", "url"},
			Usage: "status [<name>]", Help: "how it is doing, and until when it lives", parse: parseTarget,
		},
		{
			Name: VerbMore, Aliases: []string{"extend", "longer", "prolong", "keep"},
			Usage: "more <duration> [<name>]", Help: "keep it longer",
			Examples: []Example{{"more 2h", ""}, {"more 30m site", ""}}, parse: parseMore,
		},
		{
			Name: VerbAdd, Aliases: []string{"append"},
			Usage: "add [<name>]", Help: "with a file or words: show them as well",
			Examples: []Example{{"add site", "as the text of a picture: one more on the page"}}, parse: parseAdd,
		},
		{
			Name: VerbClear, Aliases: []string{"empty", "wipe"},
			Usage: "clear [<name>]", Help: "take off what is shown; the address stays", parse: parseTarget,
		},
	}
}

// asking are the other commands.
func asking() []Entry {
	return []Entry{
		{
			Name: VerbQR, Aliases: []string{"qrcode"},
			Usage: "qr [<name>]", Help: "the address as a QR picture", parse: parseTarget,
		},
		{
			Name: VerbServices, Aliases: []string{"catalog", "catalogue"},
			Usage: "services", Help: "what you can start", parse: parseNothing,
		},
		{
			Name: VerbWhoami, Aliases: []string{"me", "limits"},
			Usage: "whoami", Help: "who you are here, and what you may do", parse: parseNothing,
		},
		{
			Name: VerbLink, Usage: "link", Help: "be yourself on another network or phone, too", parse: parseAnything,
		},
		{
			Name: VerbShare, Usage: "share <name> with <user>", Help: "let somebody look after it, too: see, extend, stop",
			Examples: []Example{{"share blog with bob", ""}}, parse: parseShare,
		},
		{
			Name: VerbUnshare, Usage: "unshare <name> with <user>", Help: "take that back",
			Examples: []Example{{"unshare blog with bob", ""}}, parse: parseShare,
		},
	}
}

// keyed are the commands about keys, and what opens with them.
func keyed() []Entry {
	return []Entry{
		{
			Name: VerbKey, Usage: "key add <public key> | remove <number>", Help: "your ssh or onion key; also with the file",
			Examples: []Example{
				{"key add ssh-ed25519 AAAA", "the line of a .pub file, never a private key"},
				{"key add onion ABC", "a public key for private addresses"},
				{"key make", "one that this chat can read"},
				{"key remove 2", "the second of your keys"},
			},
			parse: parseKey,
		},
		{
			Name: VerbKeys, Usage: "keys", Help: "your public keys, by number", parse: parseNothing,
		},
		{
			Name: VerbAllow, Usage: "allow <user> [on <name>]", Help: "let somebody open a private address; \"revoke\" takes it back",
			Examples: []Example{{"allow bob on blog", "who has to have given an onion key"}}, parse: parseAdmit,
		},
		{
			Name: VerbRevoke, Usage: "revoke <user> [on <name>]", Help: "they can open the private address no more", hidden: true, parse: parseAdmit,
		},
	}
}

// helping are the commands that come last, and kind words.
func helping() []Entry {
	return []Entry{
		{
			Name: VerbRemove, operator: true, people: true,
			Usage: "remove user <name>", Help: "they are a stranger then; what they run ends, if you say so", parse: parsePerson,
		},
		{
			Name: VerbAudit, Aliases: []string{"log"}, operator: true,
			Usage: "audit", Help: "who did what, the newest last", parse: parseNothing,
		},
		{
			Name: VerbHelp, Aliases: []string{"?", "h", "commands", "usage"},
			Usage: "help [<command> | all]", Help: "what people do, everything, or more about one command", parse: parseHelp,
		},
		{
			Name: VerbGreet, Aliases: []string{"hi", "hey"}, hidden: true,
			Usage: "hello", Help: "say hello", parse: parseAnything,
		},
		{
			Name: VerbThanks, Aliases: []string{"thank", "ok", "okay", "great", "cool", "nice", "good", "perfect", "yay"}, hidden: true,
			Usage: "thanks", Help: "be kind", parse: parseAnything,
		},
	}
}
