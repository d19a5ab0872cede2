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
	Spans       []Span         // what is formatted in Text; nil where nothing is
	Lang        string         // the language of Text, if the network tells it, as the web names it
	SentAt      time.Time      // by this machine's clock; zero if the network does not say
	ClockAhead  time.Duration  // how far this machine's clock was ahead of the network's then, in whole minutes
	Attachments []Attachment
	Public      bool // it could be read by others; it is never executed
	// Unsupported names what came when it was neither text nor a file that can
	// be had: [Voice], [Sticker], "location", … as it reads after "a" or "an".
	// Text and Attachments are empty then, but in a [Message.Group].
	Unsupported string

	// Group is common to messages that the sender sent as one, as an album is:
	// parts of one group are one message. "" for none.
	Group string
	// Cut says that the network may have cut the text, so that the sender's
	// next message is the rest of it.
	Cut Cut
	// Quoted are the files of the sender's own message that this one answers.
	Quoted []Attachment
	// QuotedGroup is the Group of that message.
	QuotedGroup string
	// Answers is the ID of the sender's own message that this one answers, as
	// far as the network tells; "" for none.
	Answers string

	// Parts are the stored events that this message was made of, its own first.
	Parts []services.Incoming
	// Missing names what came along and cannot be had, as Unsupported would.
	Missing []string
}

// What came and has a sentence of its own, as [Message.Unsupported].
const (
	Forwarded = "forwarded message"
	Edited    = "edited message"
	Foreign   = "message that another bot wrote"
	Voice     = "voice message"
	Sound     = "sound file"
	Video     = "video"
	Moving    = "moving picture"
	Sticker   = "sticker"
	TooLarge  = "file of more than 20 MB"
	Unfetched = "file that the server could not fetch"
)

// Cut is where a network cut a text that was too long for one message.
type Cut int

// The cuts.
const (
	Whole   Cut = iota
	AtBreak     // between words or lines, where the space around it was dropped
	Hard        // anywhere, perhaps within a word
)

// Identity is a person on a network.
type Identity struct {
	Account string // the network's immutable id; the only thing that rights hang on
	Handle  string // what people read; never decides anything
	Local   bool   // sits at the machine itself
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
