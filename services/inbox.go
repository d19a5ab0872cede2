package services

import "time"

// Incoming is a message as it was received, stored before it is acknowledged
// to the network.
type Incoming struct {
	Network    string
	ID         string // the network's id of the message or update; unique within the network
	Raw        []byte // the event on the wire; erased once handled
	SentAt     time.Time
	ReceivedAt time.Time
}
