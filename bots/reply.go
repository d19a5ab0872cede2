package bots

import (
	"context"
	"io"

	"onionbot/services"
)

// Button is an offer to type something: the label is shown, the command is
// what happens, in the grammar of every network.
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
	Copy    []string   // more that stands in Text and is copied whole: a line for a shell, addresses of a list
	Buttons [][]Button // rows
	QR      string     // content of a QR picture to send along; "" for none
	Pending bool       // more will follow about the same instance by itself
	Error   bool       // nothing was done: the command was refused or failed
}

// File is a file that goes to a person, fetched when it is sent and kept
// nowhere on its way.
type File struct {
	Size int64 // bytes, as announced; the name comes on top
	// Open returns the file's name, which is clean, and its content.
	// [services.CodeNotFound] says that it is there no more.
	Open func(ctx context.Context) (name string, content io.ReadCloser, err error)
}

// Outgoing is one reply on its way to a network.
type Outgoing struct {
	Key     string // idempotency key; the same on every attempt
	To      services.Route
	Reply   Reply
	File    *File  // to be sent with Reply.Text below it, to a [Carrier] only
	Edit    string // RemoteID of the message to edit; "" for a new one
	Alert   bool   // must ring: never an edit
	Quiet   bool   // an edit or nothing: no new message if there is none to edit
	Attempt int    // attempts before this one; above 0 the message may have arrived already

	Kind     services.Kind // what the reply tells
	Instance string        // the instance that it is about; "" for none
}
