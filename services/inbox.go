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

// AuditEntry is one line of the record of who did what. It holds no onion
// address, key or content; of a stranger not even the account.
type AuditEntry struct {
	At       time.Time
	Network  string
	Account  string // the network's id of the person; of a stranger a salted hash of it
	Owner    string // the user's name; "" for strangers
	Action   string // "start", "stop", "expire", …
	Instance string
	Outcome  string // "ok" or a Code
	Detail   string
}
