package services

import "context"

// OnionState is what a tor knows of an onion.
type OnionState string

// The states of an onion.
const (
	OnionAbsent    OnionState = ""          // no tor has it
	OnionAdded     OnionState = "added"     // a tor has it; no descriptor upload seen yet
	OnionPublished OnionState = "published" // a descriptor was uploaded; not yet proof of reachability
)

// OnionStatus is what the pool of tors observes of one onion.
type OnionStatus struct {
	Address string
	State   OnionState
	Foreign bool // on a tor that somebody else runs: unknown addresses there are left alone
	// Admits is what [Onion.Admits] was when it was added; "" for everybody,
	// and for one that was found on its tor, since no tor tells its clients.
	Admits  string
	Guarded bool // Guard has succeeded since it was added
}

// OnionTarget joins a port of the onion address to a unix socket.
type OnionTarget struct {
	Port   int
	Socket string // absolute path of a unix socket
}

// OnionSpec is what an onion must be.
type OnionSpec struct {
	Onion   Onion
	Targets []OnionTarget
	Owner   string // for a fair queue
}

// Onions publishes onion services and fetches them. Identity is the address.
// Every call is repeatable. Errors carry [CodeUnavailable] (what: "tor") when
// no tor answers.
type Onions interface {
	// NewOnion makes a fresh key and its address, without touching tor.
	NewOnion() (Onion, error)
	// Publish adds the onion to a tor if none has it, and returns when its
	// descriptor has been uploaded, or with an error. It may wait in a queue. One
	// that is there and is not known to admit just those whom the spec does is
	// removed first; no tor ever has a private onion that admits anybody else.
	Publish(ctx context.Context, spec OnionSpec) error
	// Status observes one onion.
	Status(ctx context.Context, address string) (OnionStatus, error)
	// List observes every onion on the pool's tors.
	List(ctx context.Context) ([]OnionStatus, error)
	// Remove deletes the onion and closes its rendezvous circuits.
	Remove(ctx context.Context, address string) error
	// Probe opens the address through another tor's SOCKS port, once, and looks
	// for the answer that the kind asks for. It fails with
	//
	//   - [CodeClosed] when tor has looked for the address and says for certain
	//     that it does not open: no directory has it, or every way in is shut;
	//   - [CodeBusy] when the address opens and the service takes no stream: it
	//     has no place free, or nothing listens on the socket behind it. To
	//     publish the onion again is of no use then;
	//   - [CodeUnavailable] when the tor that should look is not fit to;
	//   - anything else when nothing is known, as when ctx has ended first.
	//
	// A private onion is opened with a key of its own, that is derived from the
	// onion's and that no tor keeps.
	Probe(ctx context.Context, onion Onion, port int, kind ProbeKind) error
	// Guard tries to open a private onion without a key, through another tor,
	// and succeeds if that is refused for want of one. An onion that can be
	// opened so is removed, and the error is [CodeExposed]; any other error
	// means that nothing is known, [CodeUnavailable] that no tor was fit to try.
	Guard(ctx context.Context, onion Onion, port int) error
	// Events calls notify with an address when its onion was lost or changed,
	// and with "" when everything should be looked at again (a tor ended, was
	// restarted, or its events were missed). It returns when ctx ends.
	Events(ctx context.Context, notify func(address string)) error
	// Ping reports whether at least one tor of the pool answers and has
	// bootstrapped.
	Ping(ctx context.Context) error
}
