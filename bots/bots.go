package bots

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"onionbot/services"
)

// Message is a command as it was received, on whatever network.
type Message struct {
	Network     string
	ID          string // the same as the ID of the stored event
	From        Identity
	Route       services.Route // where the answer goes
	Text        string         // plain text as people type it, lines separated by \n
	SentAt      time.Time
	Attachments []Attachment
	Public      bool // it could be read by others; it is never executed
	// Unsupported names what came when it was neither text nor a file:
	// "voice message", "sticker", "location", … as it reads after "a". Text is
	// empty then.
	Unsupported string
}

// Identity is a person on a network.
type Identity struct {
	Account string // the network's immutable id; the only thing that rights hang on
	Handle  string // what people read; never decides anything
	Actor   string // the account's global address where a network has one (ActivityPub's actor URI): shown and pinned; "" elsewhere
}

// Attachment is a file that came with a message. Open fetches it; it or the
// reader ends with [services.CodeBadContent], "too-big", beyond the network's
// own limit.
type Attachment struct {
	Name string // as the sender named it; hostile
	Size int64  // bytes as announced; -1 if unknown
	Open func(ctx context.Context) (io.ReadCloser, error)
}

// Button is an offer to type something: the label is shown, the command is
// what happens, in the grammar of every front end.
type Button struct {
	Label   string
	Command string
}

// Reply is a message to a person. Text is complete by itself; the other
// fields let a network that can do more show it better.
type Reply struct {
	Text    string     // plain text, lines separated by \n
	Address string     // the onion address that stands in Text, to be shown as code or link
	Link    string     // a link that stands in Text
	Buttons [][]Button // rows
	QR      string     // content of a QR picture to send along; "" for none
	Pending bool       // more will follow about the same instance by itself
	Error   bool       // nothing was done: the command was refused or failed
}

// Outgoing is one reply on its way to a network.
type Outgoing struct {
	Key     string // idempotency key; the same on every attempt
	To      services.Route
	Reply   Reply
	Edit    string // RemoteID of the message to edit; "" for a new one
	Alert   bool   // must ring: never an edit
	Quiet   bool   // an edit or nothing: no new message if there is none to edit
	Attempt int    // attempts before this one; above 0 the message may have arrived already

	Kind     services.Kind // what the reply tells
	Instance string        // the instance that it is about; "" for none
}

// Adapter joins one network to the conversation. It turns wire events into
// messages and replies into wire calls; it decides nothing.
type Adapter interface {
	// Network is the adapter's name: "telegram", "mastodon", "console".
	Network() string
	// Receive gets events until ctx ends or the network says never again
	// (a revoked token: [ErrFinal]). keep stores events and the new cursor durably, in
	// one transaction; nothing is acknowledged to the network before keep
	// returned nil. Errors that may pass are retried inside, with back-off.
	Receive(ctx context.Context, cursor string, keep KeepFunc) error
	// Decode turns a stored event into a message. nil without an error means
	// that the event is none of our business; an error means that it cannot
	// be understood and will be dropped with a log line.
	Decode(ctx context.Context, in services.Incoming) (*Message, error)
	// Send delivers a reply and returns the network's id of the message, for
	// later edits. Failures are [*SendError].
	Send(ctx context.Context, out Outgoing) (remoteID string, err error)
	// Health is a short plain sentence on a lasting trouble; "" when all is well.
	Health() string
}

// Finisher is implemented by adapters that keep something beside the stored
// event, files for one, until its message has been handled.
type Finisher interface {
	// Finished is called once the event needs no more work.
	Finished(in services.Incoming)
}

// Editor is implemented by adapters on whose network a message can be changed
// without telling its reader. They obey [Outgoing.Quiet].
type Editor interface {
	// EditsQuietly marks the adapter; it does nothing.
	EditsQuietly()
}

// KeepFunc stores events and the cursor durably.
type KeepFunc func(ctx context.Context, events []services.Incoming, cursor string) error

// SendError says what a failed delivery means.
type SendError struct {
	RetryAfter time.Duration // when the network named a time; else 0 for our own back-off
	Permanent  bool          // this message will never be accepted
	Unwelcome  bool          // the person blocked us or is gone: no more notices to them
	Cause      error         // without secrets
}

// Error is for the log.
func (e *SendError) Error() string {
	return fmt.Sprintf("send (permanent %t, unwelcome %t): %v", e.Permanent, e.Unwelcome, e.Cause)
}

// Unwrap returns the cause.
func (e *SendError) Unwrap() error { return e.Cause }

// ErrFinal is wrapped by what [Adapter.Receive] returns when to try again
// would be of no use before the operator has changed something and restarted.
var ErrFinal = errors.New("restart onionbot then")
