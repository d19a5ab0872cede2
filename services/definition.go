package services

import "time"

// ProbeKind says how onionbot finds out that a service answers.
type ProbeKind string

// The kinds of probe.
const (
	ProbeHTTP ProbeKind = "http" // a GET of / that gets any HTTP answer below 500
	ProbeSSH  ProbeKind = "ssh"  // a banner that begins with "SSH-"
	ProbeTCP  ProbeKind = "tcp"  // a connection that is accepted
)

// Port joins a port of the onion address to a port that the app listens on,
// on the container's own loopback.
type Port struct {
	Onion int // the port in the onion address, 1 to 65535
	App   int // the TCP port on 127.0.0.1 inside the container
}

// Limits bound what a container may use.
type Limits struct {
	MemoryBytes int64   // hard limit, swap included
	CPUs        float64 // in cores
	PIDs        int64   // processes and threads of the app
	Connections int     // open at once; when all are taken the one that is used least gives way. 0 for as many as there can be
}

// Account is how the app's user is called inside the container.
type Account struct {
	Name  string
	Home  string
	Shell string
}

// Definition is one thing that can be started: an entry of the catalogue. It
// is pure data; the image is built by the [Runtime] from Source.
type Definition struct {
	Name    string   // the word after "start", lower case
	Summary string   // one line for "services"
	Aliases []string // other words that mean the same

	Ports []Port    // none: those that the image says; see [Runtime.Complete]
	Probe ProbeKind // "" for what the ports look like
	Open  string    // how to open it, with placeholders (see [Definition.Fill]); lines after the first say more. "" for a plain link

	Image    string            // of the engine, or to be fetched from its registry; "" for one that is built from Source
	Command  []string          // what the shim runs as the app, with placeholders; none: the image's
	App      string            // one of onionbot's own programs, which is run instead of Command; "" for none
	Args     []string          // without a Command: stands in the place of the image's arguments
	WorkDir  string            // where the app starts; "" for the image's
	User     string            // uid:gid inside the container, a name of the image's, or [OwnUser]; "" for the image's, and one of its own per instance where that is root
	Account  Account           // replaces the image's accounts by root, nobody and this one; no Name for the image's
	Caps     []string          // capabilities kept, without the CAP_ prefix
	Env      []string          // KEY=value, with placeholders
	Tmpfs    map[string]string // path to mount options
	Volumes  map[string]int64  // path to bytes; what must outlive a container that is replaced
	Limits   Limits
	Shutdown time.Duration // how long the app may take to end by itself

	DefaultLife time.Duration // when the user names none
	MaxLife     time.Duration // of this service; a user's own limit may be lower

	Counts string // what the app counts itself, in one word like "download": these are the visits of its rules; "" for connections
	Inward int    // port of the app's, on the same loopback, on which the bot alone asks it; 0 for none

	NeedsSSHKeys bool     // wants the user's public ssh keys; refuses without
	Secrets      []string // names of what is made once for each instance, for the app and its owner
	HostKey      bool     // gets an ssh host key made by onionbot; the answer carries its fingerprint
	Content      string   // where user content is mounted read-only; "" if it takes none
	Verbatim     bool     // user content is shown as it came: nothing is unpacked, no page is made
	EphemeralKey bool     // the onion key never touches the disk; the address does not survive a tor restart
	Warm         int      // how many addresses are published ahead of time
	OnDemand     bool     // its image is built when somebody starts it, not ahead of that

	Source Source // what the image is built from

	Parts []*Definition // of a joint definition: what stands behind its address, see [Join]; it has no image itself
}

// Events reports whether the app can tell what happens: that it has counted
// something, or has something new to be asked for.
func (d *Definition) Events() bool { return d.ByEvents() || d.Inward != 0 }

// ByEvents reports whether the app counts what rules count, not the shim.
func (d *Definition) ByEvents() bool { return d.Counts != "" }

// Source is the build context of an image: a Dockerfile and its files by
// relative path.
type Source struct {
	Files  map[string][]byte
	Exec   map[string]bool // those of the files that may be run
	Digest string          // hex digest over the files; an image with another digest is stale
}

// Ref names the image: the one that is named, or that which belongs to the
// source, "onionbot/<name>:<digest>".
func (d *Definition) Ref() string {
	if d.Image != "" {
		return d.Image
	}
	digest := d.Source.Digest
	if len(digest) > 12 {
		digest = digest[:12]
	}
	return "onionbot/" + d.Name + ":" + digest
}
