package bots

import (
	"context"
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
	Name        string // as the sender named it; hostile; "" if the network made the name up or has none
	Description string // what the sender wrote for those who cannot see it; "" for none
	Size        int64  // bytes as announced; -1 if unknown
	Open        func(ctx context.Context) (io.ReadCloser, error)
}
