package services

import "time"

// Request says who asks and which message it was. A message is acted upon
// once: a second request with the same network and message ID changes nothing
// and succeeds.
type Request struct {
	User      *User
	Route     Route
	Network   string
	MessageID string
	Also      []string // more messages of the network that are handled with it
	// Note, if set, is run in the transaction of the command once it has
	// succeeded, with the instance that it was about; "" for none.
	Note func(tx Tx, instance string) error
	// StartedBefore, if set, takes back what a message that waited too long
	// could not mean: only what was started before then is stopped.
	StartedBefore time.Time
}

// means reports whether the request can mean the instance.
func (r Request) means(i *Instance) bool {
	return r.StartedBefore.IsZero() || !i.CreatedAt.After(r.StartedBefore)
}

func (r Request) replyKey() string { return "reply/" + r.Network + "/" + r.MessageID }

// StartOptions is what a start command may say. Zero values take the
// service's defaults.
type StartOptions struct {
	Service string // name or alias
	Name    string // "" = the service's name
	NewName bool   // if something of that name runs, another one is meant, under a name that is free
	Life    time.Duration
	Until   time.Time // instead of Life
	Rules   Rules
	Clients []Client // who may open it; none for everybody
	Content string   // directory of staged content that is taken over; "" for none
}
