package services

import (
	"context"
	"time"
)

// Request says who asks and which message it was. A message is acted upon
// once: a second request with the same network and message ID changes nothing
// and succeeds.
type Request struct {
	User      *User
	Route     Route
	Network   string
	MessageID string
}

func (r Request) replyKey() string { return "reply/" + r.Network + "/" + r.MessageID }

// StartOptions is what a start command may say. Zero values take the
// service's defaults.
type StartOptions struct {
	Service string // name or alias
	Name    string // "" = the service's name
	Life    time.Duration
	Until   time.Time // instead of Life
	Rules   Rules
	Content string // directory of staged content that is taken over; "" for none
}

// Contents keeps the files that users sent, one directory per instance.
type Contents interface {
	// Adopt moves a staged directory to the instance as revision rev. It does
	// not show it yet.
	Adopt(id string, rev int, staged string) error
	// Show makes revision rev the current one, atomically, and erases the others.
	Show(id string, rev int) error
	// Dir is the host directory to be mounted; its entry "current" is what is shown.
	Dir(id string) string
	// Discard erases a staged directory that is not wanted.
	Discard(staged string)
	// Erase removes everything of an instance. Nothing there is success.
	Erase(id string) error
	// List returns the IDs that have a directory.
	List() ([]string, error)
}

// Engine is what the manager pokes after a commit.
type Engine interface {
	// Poke asks for a look at one instance, soon; "" for everything.
	Poke(id string)
}

// Outbox is what is poked when notices were added.
type Outbox interface{ Poke() }

// Health is the state of the machine in plain facts; empty strings mean well.
type Health struct {
	Docker string            // what is wrong with the container engine
	Tor    string            // what is wrong with tor
	Disk   string            // what is wrong with the state directory
	Fronts map[string]string // network to trouble, filled in by the front ends
	Live   int               // instances that should run
	Ready  int               // of them reachable
}

// HealthSource tells the health of the machine.
type HealthSource interface {
	Health(ctx context.Context) Health
}
