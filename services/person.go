package services

import "time"

// Person is a user as the store keeps one.
type Person struct {
	User      User // without keys
	Blocked   bool // gets no answer until that is taken back
	InvitedBy string
	CreatedAt time.Time
}

// Binding is an account of a network that belongs to a user.
type Binding struct {
	Network, Account string
	Actor            string // the account's global address at that time, where its network has one
	User             string
	// Configured says that the user is one of the configuration. Somebody of
	// the store who has the name of a user of the configuration is not them.
	Configured bool
	At         time.Time
}

// InviteKind is what a code is good for.
type InviteKind string

// The kinds of invite.
const (
	InvitePerson InviteKind = "invite" // makes whoever sends it a user
	InviteLink   InviteKind = "link"   // makes the account that sends it one more of a user's
)

// Invite is a code that was given out and not used yet. The code itself is
// nowhere but in the message that told it.
type Invite struct {
	Hash       string // of the code, see [HashCode]
	Kind       InviteKind
	User       User // who it makes somebody; of a link the name only
	Configured bool // of a link: as in [Binding]
	By         string
	To         Route // where the one who asked for it reads
	CreatedAt  time.Time
	ExpiresAt  time.Time
}

// Key is a public key that a user gave in a chat.
type Key struct {
	ID         int64
	User       string
	Configured bool   // as in [Binding]
	Line       string // as in authorized_keys, or of [ClientLine]
	At         time.Time
}

// PublicKey is what a line of authorized_keys says.
type PublicKey struct {
	Line        string // without options
	Type        string // "ssh-ed25519"
	Fingerprint string // "SHA256:…"
	Comment     string // what its owner wrote behind it; printable
}

// PeopleTx keeps the users that are not in the configuration, and what users
// gave and were given in a chat.
type PeopleTx interface {
	// People are ordered by name.
	People() ([]*Person, error)
	Person(name string) (*Person, error)
	// PutPerson inserts or replaces by name.
	PutPerson(p *Person) error
	// RemovePerson removes a person, if there is one of that name, with their
	// bindings, keys and invites.
	RemovePerson(name string) error

	// Bindings are ordered by time, then network and account.
	Bindings() ([]Binding, error)
	// AddBinding is [CodeConflict] if the account belongs to somebody already.
	AddBinding(b Binding) error

	// Invites are ordered by time, then hash; expired ones are among them.
	Invites() ([]*Invite, error)
	Invite(hash string) (*Invite, error)
	// PutInvite stores an invite; an earlier one of the same kind for the same
	// user is gone.
	PutInvite(i *Invite) error
	// DropInvite forgets a code, if there is one of that hash.
	DropInvite(hash string) error

	// Keys are ordered by ID.
	Keys() ([]Key, error)
	// AddKey stores a key and sets ID.
	AddKey(k *Key) error
	RemoveKey(id int64) error

	// Shares are the names of users that an instance is shared with, in order.
	Shares(instance string) ([]string, error)
	// SharedWith are the IDs of the instances that are shared with a user, in order.
	SharedWith(user string) ([]string, error)
	AddShare(instance, user string) error
	RemoveShare(instance, user string) error
}
