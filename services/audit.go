package services

import "time"

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
	Count    int // how often in one clock hour, the first time at At, for entries that are counted; 0 for others
}
