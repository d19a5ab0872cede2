package services

import "time"

// Route says where a message goes: a network, the account on it, and what it
// answers to.
type Route struct {
	Network string // "telegram", "mastodon", "console"
	Account string // the network's immutable id of the person
	Chat    string // where to send; "" = the account itself
	ReplyTo string // id of the message that is answered; "" for none
}

// Kind says what a notice tells. The words are the conversation's business.
type Kind string

// The kinds of notice.
const (
	KindReply       Kind = "reply"        // the answer to a command that is not about one instance; Body holds it, rendered
	KindStarted     Kind = "started"      // accepted; address and expiry; Args: again if it ran already, then untaken-time, untaken-rules
	KindProgress    Kind = "progress"     // a long step goes on; Args: step; or fault, if it failed and is tried again, and how an app ended (exit, memory)
	KindReachable   Kind = "reachable"    // verified through tor
	KindUnreachable Kind = "unreachable"  // given up and removed
	KindExtended    Kind = "extended"     // a new deadline
	KindAdmitted    Kind = "admitted"     // others may open a private address; Args: allowed or revoked, names
	KindReminder    Kind = "reminder"     // expires soon; Args: left
	KindStopping    Kind = "stopping"     // stop accepted
	KindGone        Kind = "gone"         // nothing is left, checked; Args: reason; checked; opened "never"; early, by how much a clock that was set forward brought it closer
	KindDown        Kind = "down"         // not reachable, being repaired; Args: fault; exit, memory
	KindBack        Kind = "back"         // reachable again
	KindLost        Kind = "lost"         // ended by a fault; Args: reason, fault; exit, memory
	KindUnsafe      Kind = "unsafe"       // to an operator: a start was refused; Args: service, instance, reached
	KindHost        Kind = "host"         // to an operator: the host is in trouble; Args: what; over, how long it lasted, once it is over
	KindContent     Kind = "content"      // other content is shown; Args: change, and as of "started"
	KindCounted     Kind = "counted"      // the app has counted more; Args: name, service, counts (a word), from and to (numbers), of (0 = no limit)
	KindDropped     Kind = "dropped"      // strangers have left something; Args: drops, files, notes, bytes; more, if not all of it follows as KindDroppedFile
	KindDroppedFile Kind = "dropped-file" // one file of it, for networks that carry files; Args: container; path of it there; size. Nothing of the file itself
)

// NoticeState is where a notice is on its way.
type NoticeState string

// The states of a notice.
const (
	NoticePending NoticeState = "pending"
	NoticeSent    NoticeState = "sent"
	NoticeSkipped NoticeState = "skipped" // its moment was past, or a later edit replaced it
	NoticeGivenUp NoticeState = "given-up"
)

// Notice is a message that somebody will get: a row before it is a message.
// Its Key makes it happen once.
type Notice struct {
	ID       int64
	Key      string // unique for ever, e.g. "reply/telegram/812" or "reminder/<instance>/<deadline>/15m"
	To       Route
	Owner    string // the user's name
	Instance string // "" if it is not about one
	Kind     Kind
	Args     map[string]string
	Body     []byte // for KindReply: the conversation's own encoding

	// Slot groups messages that replace each other where the network can edit:
	// a later notice with the same slot edits the message of the earlier one.
	Slot string
	// Alert asks for a message that rings, never an edit.
	Alert bool

	DueAt    time.Time // not before
	StaleAt  time.Time // not after; zero = always worth sending
	NextAt   time.Time // next attempt
	Attempts int
	State    NoticeState
	RemoteID string // the network's id of the message, once sent
}

// Carried reports whether the notice is a file on its way, which may take long
// and keeps nothing else waiting.
func (n *Notice) Carried() bool { return n.Kind == KindDroppedFile }

// CardSlot is the slot of the message that shows an instance as it is: notices
// in it edit the message, where the network can.
func CardSlot(instance string) string { return "card/" + instance }
