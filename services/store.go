package services

import (
	"context"
	"time"
)

// Store keeps what should be. Every write happens inside Update, in one
// durable transaction; no network call may be made inside it.
type Store interface {
	// Update runs fn in one write transaction and commits it durably if fn
	// returns nil. Writers are serialised.
	Update(ctx context.Context, fn func(Tx) error) error
	// View runs fn on a consistent read-only snapshot.
	View(ctx context.Context, fn func(Tx) error) error
	// Scrub makes what was erased unreadable in every file of the store (the
	// write-ahead log, free pages). What it costs depends on what is live, not
	// on what has ended. After an error it has to be called again.
	Scrub(ctx context.Context) error
	// Close releases the store.
	Close() error
}

// InstanceFilter selects instances; zero fields select everything.
type InstanceFilter struct {
	Owner    string
	Name     string
	Service  string
	Desired  Desired
	State    State
	NotEnded bool // State is not StateGone
	// CreatedAfter selects what was created later; zero for everything.
	CreatedAfter time.Time
}

// Tx is one transaction. Lookups that find nothing return [CodeNotFound].
type Tx interface {
	InstanceTx
	NoticeTx
	AuditTx
	InboxTx
	SettingTx
	PeopleTx

	// Purge removes ended instances, handled messages, received messages,
	// finished notices, invites that have expired and audit entries older than before.
	Purge(before time.Time) error
}

// InstanceTx keeps instances.
type InstanceTx interface {
	Instance(id string) (*Instance, error)
	// Instances are ordered by CreatedAt, then ID.
	Instances(f InstanceFilter) ([]*Instance, error)
	// CountInstances is how many Instances would return, without reading them.
	CountInstances(f InstanceFilter) (int, error)
	// PutInstance inserts or replaces by ID. Two live instances of one owner
	// with one name are [CodeConflict].
	PutInstance(i *Instance) error
	// EraseInstance takes everything of an ended instance but what the
	// audit needs: ID, owner, service, times and reason stay; address, keys,
	// name, route, rules and shares go. Notices of it that are no longer pending lose
	// their body and arguments.
	EraseInstance(id string) error
}

// NoticeTx keeps what is to be said to somebody.
type NoticeTx interface {
	// AddNotice stores a notice if its Key was never used, and reports
	// whether it did. It sets ID.
	AddNotice(n *Notice) (bool, error)
	// PutNotice saves State, Attempts, NextAt, DueAt, RemoteID of a stored
	// notice. A notice that is no longer pending loses Body and Args.
	PutNotice(n *Notice) error
	// DueNotices are pending and have DueAt and NextAt at or before now,
	// oldest first, at most limit.
	DueNotices(now time.Time, limit int) ([]*Notice, error)
	// DueByChat are the due notices that may go out side by side, oldest
	// first: of each chat the perChat oldest, of each network at most
	// perNetwork, whereby every chat's first comes before anyone's second. A
	// chat is what a Route's network, account and chat name; what is
	// [Notice.Carried] is a chat of its own.
	DueByChat(now time.Time, perChat, perNetwork int) ([]*Notice, error)
	// CountDue is how many pending notices of each network have DueAt at or
	// before now, those included that wait for another attempt.
	CountDue(now time.Time) (map[string]int, error)
	// PostponeChat makes the pending notices of a chat wait until then at
	// least: their NextAt is not before it.
	PostponeChat(to Route, until time.Time) error
	// GiveUpNotices makes the pending notices to an account given up, as
	// PutNotice would.
	GiveUpNotices(network, account string) error
	// NextNoticeAt is the earliest moment a pending notice becomes due; zero if none.
	NextNoticeAt() (time.Time, error)
	// PendingNotices of one instance, any due time, oldest first.
	PendingNotices(instance string) ([]*Notice, error)
	// PendingNotice is a notice by its ID, [CodeNotFound] once it is no longer
	// pending.
	PendingNotice(id int64) (*Notice, error)
	// SkipNotices makes the pending notices of an instance that are of one of
	// the kinds skipped, as PutNotice would.
	SkipNotices(instance string, kinds ...Kind) error
	// SlotMessage is the RemoteID of the last sent notice of a slot; "" if none.
	SlotMessage(slot string) (string, error)
}

// AuditTx keeps the record of who did what.
type AuditTx interface {
	AddAudit(a AuditEntry) error
	// CountAudit adds an entry that stands for all of one clock hour which
	// differ in At only: the first is stored, the others make its Count grow.
	// It is for what somebody can do to us as often as they like.
	CountAudit(a AuditEntry) error
	// Audit returns the newest entries first.
	Audit(limit int) ([]AuditEntry, error)
}

// InboxTx keeps what was received until it is handled.
type InboxTx interface {
	// AddIncoming stores a received message and reports whether it is new.
	AddIncoming(in Incoming) (bool, error)
	// Incomings are the messages of a network that were not handled yet, oldest first.
	Incomings(network string, limit int) ([]Incoming, error)
	// MarkHandled erases the raw event and remembers the ID. It reports false
	// when it was marked before.
	MarkHandled(network, id string) (bool, error)
	// Handled reports whether MarkHandled was called for it.
	Handled(network, id string) (bool, error)
	// DropIncoming erases a received message, reports whether it was there,
	// and remembers nothing of it: AddIncoming would take its ID again. It is
	// for messages that nothing is done for.
	DropIncoming(network, id string) (bool, error)
	// KeepNetworks erases the received messages of every other network and
	// gives up the notices to it: nobody will handle them.
	KeepNetworks(names ...string) error

	// Cursor is an adapter's position; "" at first.
	Cursor(network string) (string, error)
	SetCursor(network, cursor string) error
}

// SettingTx keeps small named values of the installation.
type SettingTx interface {
	// Setting is a small named value of the installation (salts, the time of
	// the last clean end); "" if unset.
	Setting(name string) (string, error)
	SetSetting(name, value string) error
}
