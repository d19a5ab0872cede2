package bots

import (
	"context"
	"time"

	"onionbot/services"
)

// Adapter joins one network to the conversation. It turns wire events into
// messages and replies into wire calls; it decides nothing.
type Adapter interface {
	// Network is the adapter's name: "telegram", "mastodon", "console".
	Network() string
	// Receive gets events until ctx ends. keep stores events and the new
	// cursor durably, in one transaction; nothing is acknowledged to the
	// network before keep returned nil. Failures are repeated inside, with
	// back-off and without end: what the network refuses today (a token, for
	// one) somebody may mend while we run.
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

// Carrier is implemented by adapters whose network carries files to people.
// They obey [Outgoing.File].
type Carrier interface {
	// CarriesUpTo is how large a file may be, in bytes.
	CarriesUpTo() int64
}

// ReceiveCounter is implemented by adapters that repeat failed attempts
// inside Receive, where the hub does not see them.
type ReceiveCounter interface {
	// ReceiveErrors is how many of them there were so far.
	ReceiveErrors() uint64
}

// Clocked is implemented by adapters whose network tells the time.
type Clocked interface {
	// ClockAhead is how far this machine's clock is ahead of the network's.
	ClockAhead() time.Duration
}

// Inviter is implemented by adapters on whose network a link can carry a code
// to the bot.
type Inviter interface {
	// InviteLink is a link that sends the code to the bot when it is opened;
	// "" if the bot's name there is not known yet.
	InviteLink(code string) string
}

// KeepFunc stores events and the cursor durably.
type KeepFunc func(ctx context.Context, events []services.Incoming, cursor string) error
