package services

import (
	"context"
	"io"
	"time"
)

// ContainerState is what a container is doing.
type ContainerState string

// The states of a container.
const (
	ContainerAbsent  ContainerState = ""        // there is none
	ContainerCreated ContainerState = "created" // made, not started or not yet told to go
	ContainerRunning ContainerState = "running" // the shim runs and has been told to start the app
	ContainerExited  ContainerState = "exited"  // it ended; Exit says why
	ContainerPaused  ContainerState = "paused"  // somebody froze it: nothing in it runs
	ContainerHung    ContainerState = "hung"    // it runs, and its shim does not answer
	ContainerUnknown ContainerState = "unknown" // it is there, and the engine cannot say more of it
)

// Exit says why a container ended.
type Exit string

// The ways a container ends. All but ExitApp are the shim's own decision.
const (
	ExitNone     Exit = ""
	ExitDeadline Exit = "deadline" // the deadline came
	ExitIdle     Exit = "idle"     // nobody came for Rules.Idle
	ExitVisits   Exit = "visits"   // Rules.Visits were used up
	ExitApp      Exit = "app"      // the app ended or the engine stopped it
)

// Container is what the runtime observes of one container.
type Container struct {
	ID        string // of the container
	State     ContainerState
	Files     bool // its directory is there, with or without a container
	Exit      Exit
	ExitCode  int       // of the app if Exit is ExitApp, 128+n after signal n; -1 if it is not known
	Said      string    // last words of an app that ended before it accepted a connection, printable ASCII; hostile, and may hold secrets
	NoMemory  bool      // the kernel ended a process of it at its memory limit
	Ready     bool      // the app accepts connections
	Armed     bool      // visits are being counted
	Deadline  time.Time // what the shim was told last; zero if unknown
	Visits    int       // connections, or what the app counts, since the instance began, across containers
	ByEvents  bool      // the visits are what the app counts
	News      int       // how often the app has told that there is something new to ask for
	LastVisit time.Time
	Active    int // open connections
	StartedAt time.Time
}

// ContainerSpec is what a container must be.
type ContainerSpec struct {
	ID         string
	Definition *Definition
	Deadline   time.Time
	Rules      Rules
	Visits     int // already counted in an earlier container
	SSHKeys    []string
	HostKey    Secret
	Address    string            // of its onion, which the app may have to know
	Secrets    map[string]Secret // by name; they reach the app only, in what its definition says and as files
	ContentDir string            // host directory whose entry "current" is the user's content; "" for none
}

// Runtime runs containers. Identity is a container's ID: its instance's, or one
// of [Instance.Containers] if the instance has several. Nothing here knows which
// belong together. Every call is
// repeatable: starting what runs and removing what is not there succeed.
// Errors carry [CodeUnavailable] (what: "docker") when the engine does not answer.
type Runtime interface {
	// EnsureImage makes the image of d present, building it if it is missing
	// or stale. progress, which may be nil, gets short human steps.
	EnsureImage(ctx context.Context, d *Definition, progress func(step string)) error
	// Complete returns the definition with what it leaves to its image; see
	// [Definition.Complete]. [CodeNotFound] says that the image is missing. Run
	// does it by itself: it is for whoever has to know the ports before.
	Complete(ctx context.Context, d *Definition) (*Definition, error)
	// Run creates and starts the container and tells the shim to go. It
	// returns when the app's sockets are in place; the app may not yet accept.
	// A container of the same ID that has exited is replaced. [CodeNotFound]
	// says that the image is missing: a Run builds none. [CodeUnsafe] says that
	// the app would have reached what it must not: it was not started.
	Run(ctx context.Context, spec ContainerSpec) error
	// Target returns the unix socket that an onion's port must point to. It
	// is known before the container exists.
	Target(id string, p Port) string
	// Prepare makes the instance's socket directory, so that an onion can be
	// published before its container runs.
	Prepare(ctx context.Context, id string) error
	// SetDeadline tells the shim a new deadline, without a restart.
	SetDeadline(ctx context.Context, id string, deadline time.Time) error
	// SetKeys replaces the public ssh keys of a container, without a restart.
	// An instance that never ran is [CodeNotFound].
	SetKeys(ctx context.Context, id string, keys []string) error
	// Arm makes the shim count visits and idle time from now on. It is called
	// once the address was verified, so that our own probe burns nothing.
	Arm(ctx context.Context, id string) error
	// Ask sends the app a request without a body on its inward port, and
	// returns the body of its answer, which ends with an error after most
	// bytes. What comes is as hostile as any visitor. [CodeNotFound] says that
	// the app knows no such path. The whole exchange ends with ctx.
	Ask(ctx context.Context, id, method, path string, most int64) (io.ReadCloser, error)
	// Inspect observes one instance. ContainerAbsent is not an error, nor is a
	// container that the engine has and cannot describe (ContainerUnknown).
	Inspect(ctx context.Context, id string) (Container, error)
	// List observes every container that carries our label, and the ID of
	// every directory in the run directory (as ContainerAbsent with Files
	// when there is only the directory). What it says of a container is what
	// Inspect would say, but it asks the engine once for all that run. One
	// container that cannot be described is ContainerUnknown and keeps nobody
	// from hearing of the others.
	List(ctx context.Context) ([]Container, error)
	// Remove ends and removes the container, its sockets and its directory.
	Remove(ctx context.Context, id string) error
	// Events calls notify with an instance's ID when something happened to its
	// container or its app has told something, and with "" when events may have been missed (after every
	// reconnect). It returns when ctx ends.
	Events(ctx context.Context, notify func(id string)) error
	// Ping reports whether the engine answers.
	Ping(ctx context.Context) error
}
