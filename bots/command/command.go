package command

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"onionbot/services"
)

// Verb is what a command does; its value is the word that people type.
type Verb string

// The verbs.
const (
	VerbGreet    Verb = "hello"
	VerbThanks   Verb = "thanks"
	VerbStart    Verb = "start"
	VerbStop     Verb = "stop"
	VerbList     Verb = "list"
	VerbStatus   Verb = "status"
	VerbMore     Verb = "more"
	VerbAdd      Verb = "add"
	VerbClear    Verb = "clear"
	VerbServices Verb = "services"
	VerbHelp     Verb = "help"
	VerbQR       Verb = "qr"
	VerbAudit    Verb = "audit"
	VerbReload   Verb = "reload"
	VerbWhoami   Verb = "whoami"
	VerbLink     Verb = "link"
	VerbShare    Verb = "share" // with another user; there may be a service of that name
	VerbUnshare  Verb = "unshare"
	VerbKeys     Verb = "keys"
	VerbKey      Verb = "key"
	VerbAllow    Verb = "allow"
	VerbRevoke   Verb = "revoke"
	VerbInvite   Verb = "invite"
	VerbInvites  Verb = "invites"
	VerbUsers    Verb = "users"
	VerbUser     Verb = "user"
	VerbLimit    Verb = "limit"
	VerbBlock    Verb = "block"
	VerbUnblock  Verb = "unblock"
	VerbRemove   Verb = "remove" // a user; services are stopped
)

// Command is a line that was understood. Fields that a verb has no use for
// are zero.
type Command struct {
	Verb    Verb
	Service string        // start: the definition's name, a joint one for several; stop with All: only what it is
	Name    string        // start: the name after "as"; "" for the service's own
	Target  string        // stop, status, more, qr, add, clear: a name or "#id"; "" for the only one
	Others  []string      // stop: more names
	All     bool          // stop: everything; help: all commands
	New     bool          // start: another one, under a name that is free
	For     time.Duration // start, more; invite: how long the code is good
	Until   time.Time     // start, more: instead of For
	Idle    time.Duration // start: end after this long without a visitor
	Visits  int           // start: end after this many connections
	Topic   Verb          // help: one command; "" for all
	With    string        // start, add: "#" and the ID of an earlier message whose files are meant
	Body    string        // start, add: the lines below the command

	Key     string          // key: the public key to add, as it was typed; "" with Number 0: the one in the file
	Make    bool            // key: a pair for private addresses
	Private bool            // start: only for those with a key
	People  []string        // start, allow, revoke: whom it is for
	Number  int             // key: the one to remove
	Person  string          // share, unshare: with whom; invite, user, limit, block, unblock, remove: their name
	Rights  services.Rights // invite, limit: what they may do
	Cancel  bool            // invite: the code that was given out for them
	// TakeOver makes what a removed user runs one's own, EndTheirs ends it; one
	// of the two has to be said: remove.
	TakeOver, EndTheirs bool
	// KeepMetadata leaves in pictures what they tell about their maker: start, add.
	KeepMetadata bool
}

// String is the command as it can be typed; parsing it gives the command
// again. Until is written in its own location.
func (c Command) String() string {
	words := []string{string(c.Verb)}
	add := func(w ...string) { words = append(words, w...) }
	switch c.Verb {
	case VerbStart:
		if c.New {
			add("another")
		}
		add(c.Service)
		c.clauses(add)
	case VerbMore:
		if c.Until.IsZero() {
			add(shortDuration(c.For))
		} else {
			add("until", c.Until.Format("2006-01-02 15:04"))
		}
	case VerbHelp:
		if c.Topic != "" {
			add(string(c.Topic))
		}
	default:
		c.people(add)
	}
	switch {
	case c.All:
		add("all")
		if c.Verb == VerbStop && c.Service != "" {
			add(c.Service)
		}
	case c.Target != "" && !slices.Contains([]Verb{VerbShare, VerbUnshare, VerbAllow, VerbRevoke}, c.Verb): // they said it above
		if c.Verb == VerbMore && readsAsTime(c.Target) {
			add("for")
		}
		add(c.Target)
		for _, o := range c.Others {
			add("and", o)
		}
	}
	if c.With != "" {
		add("with", c.With)
	}
	if c.KeepMetadata {
		add("keep", "metadata")
	}
	line := strings.Join(words, " ")
	if c.Body != "" {
		line += "\n" + c.Body
	}
	return line
}

func (c Command) clauses(add func(...string)) {
	if c.Name != "" {
		add("as", c.Name)
	}
	if c.Private {
		add("private")
		c.named("for", add)
	}
	if c.For > 0 {
		add("for", shortDuration(c.For))
	}
	if !c.Until.IsZero() {
		add("until", c.Until.Format("2006-01-02 15:04"))
	}
	if c.Idle > 0 {
		add("idle", shortDuration(c.Idle))
	}
	switch {
	case c.Visits == 1:
		add("once")
	case c.Visits > 1:
		add("for", fmt.Sprint(c.Visits), "visits")
	}
}

// shortDuration writes a duration as it is typed: "1h30m".
func shortDuration(d time.Duration) string {
	s := d.Truncate(time.Second).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
