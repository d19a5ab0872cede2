package services

import "time"

// Desired is what should be.
type Desired string

// What can be desired of an instance.
const (
	DesiredRunning Desired = "running"
	DesiredWarm    Desired = "warm" // address published ahead of time, nobody's yet, no container
	DesiredGone    Desired = "gone"
)

// State is what has been observed last. It only informs; decisions are made
// from a fresh observation.
type State string

// The states, in the order of a life.
const (
	StateStarting   State = "starting"   // asked for; container or onion not there yet
	StatePublishing State = "publishing" // container runs, the address is being published or checked
	StateReachable  State = "reachable"  // fetched through tor at CheckedAt
	StateDown       State = "down"       // was reachable, is being repaired
	StateStopping   State = "stopping"   // being taken down
	StateGone       State = "gone"       // taken down; nothing is left
)

// Reason says why an instance ended or is ending.
type Reason string

// The reasons.
const (
	ReasonStopped     Reason = "stopped"     // the owner or the operator said stop
	ReasonExpired     Reason = "expired"     // its deadline came
	ReasonIdle        Reason = "idle"        // no visitor for the time the user gave
	ReasonVisits      Reason = "visits"      // the visits the user gave were used up
	ReasonUnreachable Reason = "unreachable" // never reachable within the start limit
	ReasonFailed      Reason = "failed"      // could not be started or repaired; Fault says what
	ReasonLost        Reason = "lost"        // the key was never on disk and its tor is gone
	ReasonDown        Reason = "down"        // the operator took the whole bot down
)

// Fault names what is wrong, for the sentence the owner reads.
type Fault string

// The faults. The log has the cause.
const (
	FaultNone      Fault = ""
	FaultDocker    Fault = "docker"    // the container engine does not answer
	FaultTor       Fault = "tor"       // no tor answers
	FaultImage     Fault = "image"     // the image cannot be built
	FaultContainer Fault = "container" // the container does not start or keeps ending
	FaultProbe     Fault = "probe"     // the address does not open
	FaultDisk      Fault = "disk"      // the disk refuses writes
	FaultUnsafe    Fault = "unsafe"    // its app would have reached what it must not, and was not started
	FaultExposed   Fault = "exposed"   // it is private, and it opened without a key
	FaultUnlisted  Fault = "unlisted"  // it has to be repaired, and its service has left the catalogue
)

// Onion is an onion service's identity and its rules for entry.
type Onion struct {
	Address string   // 56 characters and ".onion"; a secret at the default log level
	Key     Secret   // "ED25519-V3:<base64 expanded key>" as ADD_ONION takes it; "" when it was never kept
	Clients []Client // who may open it; none for everybody. At most [MaxClients]
}

// HostKey is an ssh host key made by onionbot, so that it stays the same when
// the container is replaced.
type HostKey struct {
	PrivatePEM  Secret // OpenSSH private key file
	Fingerprint string // "SHA256:…"
}

// Rules end an instance before its deadline.
type Rules struct {
	Idle   time.Duration // end after this long without a visitor; 0 = never
	Visits int           // end after this many connections; 0 = unlimited
}

// Instance is one onion service that somebody asked for. Its ID names the
// container, the label, and the directory of its sockets.
type Instance struct {
	ID      string // 12 characters a-z2-7, random
	Owner   string // the user's name in the configuration
	Origin  Route  // where the request came from and notices go to
	Service string // Definition.Name; of several behind one address, see [Instance.Services]
	Name    string // unique among the owner's live instances

	Onion   Onion
	HostKey HostKey
	Secrets map[string]Secret // by the names in Definition.Secrets
	Rules   Rules

	Desired Desired
	State   State
	Reason  Reason
	Fault   Fault

	Visits    int       // connections counted so far
	CreatedAt time.Time // when the command was accepted
	ExpiresAt time.Time // the deadline
	ReadyAt   time.Time // first verified reachable; zero before
	CheckedAt time.Time // last verified reachable
	EndedAt   time.Time // when nothing was left; zero before
	UpdatedAt time.Time

	Content int // revision of the user's content; 0 = the service's own page
	Repairs int // consecutive repairs since it was last reachable
}

// Live reports whether the instance is still meant to run.
func (i *Instance) Live() bool { return i.Desired == DesiredRunning }

// Ended reports whether nothing is left of it.
func (i *Instance) Ended() bool { return i.State == StateGone }
