package tor

import (
	"context"
	"errors"
	"log/slog"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"onionbot/services"
)

// maxSocketPath is what the kernel allows for a unix socket, less the final
// zero.
const maxSocketPath = 107

// defaultCall bounds one request to a tor.
const defaultCall = 10 * time.Second

// Options say how a [Pool] works. Zero values mean the defaults.
type Options struct {
	// StateDir holds one directory per managed tor: torrc, data, log. It is
	// made with mode 0700.
	StateDir string
	// RunDir holds the unix sockets of managed tors, one directory each. It
	// must be short. Default: StateDir.
	RunDir string
	// TorPath is the tor program, a path or a name in PATH. Default: "tor".
	TorPath string
	// Size is how many managed tors host onions. Default: 2 to 4, by cores.
	Size int
	// MaxSize is how many managed tors there may be when the onions per tor
	// pass MaxPerTor. Default: twice Size, at least 4.
	MaxSize int
	// MaxPerTor is the number of onions per tor beyond which the pool grows.
	// Default: 40.
	MaxPerTor int
	// Window is how many onions of one tor may be unpublished at a time.
	// Default: 12.
	Window int
	// TorrcInclude are lines that every managed tor gets: bridges, another Tor
	// network.
	TorrcInclude []string
	// ControlSockets are unix control sockets of tors that somebody else runs.
	// When set, those host the onions and there are no managed tors, but for
	// one to probe with when there is only one socket.
	ControlSockets []string
	// Account is who managed tors run as. Default: [FindAccount]'s. StateDir,
	// RunDir and the directories that they are in are opened for it to pass
	// through, where they are ours alone.
	Account Account
	// Tied makes managed tors end when this process ends, however it ends.
	Tied bool

	// CallTimeout bounds one request to a tor. Default: 10 s.
	CallTimeout time.Duration
	// StartTimeout bounds the time from a tor's start to its first answer.
	// Default: 30 s.
	StartTimeout time.Duration
	// PublishTimeout bounds one attempt to publish, from the moment a tor has the
	// onion; a second one follows. Default: 75 s. The caller's context bounds the
	// whole.
	PublishTimeout time.Duration
	// HangLimit is how long a managed tor may stay silent before it is killed.
	// Default: 1 min.
	HangLimit time.Duration
	// Logger may be nil.
	Logger *slog.Logger
}

// complete fills in the defaults and refuses what cannot work.
func (o Options) complete(ctx context.Context) (Options, error) {
	if o.StateDir == "" {
		return o, errors.New("tor: no state directory")
	}
	o.defaults()
	var err error
	if o.StateDir, err = filepath.Abs(o.StateDir); err != nil {
		return o, err
	}
	if o.RunDir, err = filepath.Abs(o.RunDir); err != nil {
		return o, err
	}
	if err := checkDirs(o.StateDir, o.RunDir); err != nil {
		return o, err
	}
	if err := checkInclude(o.TorrcInclude); err != nil {
		return o, err
	}
	if err := o.findTor(); err != nil || o.TorPath == "" {
		return o, err
	}
	if !o.Account.Other() {
		if o.Account, err = FindAccount(""); err != nil {
			return o, err
		}
	}
	return o, checkNames(ctx, o.TorPath, o.TorrcInclude)
}

func (o *Options) defaults() {
	def(&o.RunDir, o.StateDir)
	def(&o.TorPath, "tor")
	def(&o.Size, min(max(runtime.NumCPU(), 2), 4))
	def(&o.MaxSize, max(2*o.Size, 4))
	o.MaxSize = max(o.MaxSize, o.Size)
	def(&o.MaxPerTor, 40)
	def(&o.Window, 12)
	def(&o.CallTimeout, defaultCall)
	def(&o.StartTimeout, 30*time.Second)
	def(&o.PublishTimeout, 75*time.Second)
	def(&o.HangLimit, time.Minute)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
}

func def[T comparable](v *T, value T) {
	var zero T
	if *v == zero {
		*v = value
	}
}

// findTor makes TorPath absolute. Where others run the tors, a missing program
// only means that there is none to probe with.
func (o *Options) findTor() error {
	path, err := exec.LookPath(o.TorPath)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	switch {
	case err == nil:
		o.TorPath = path
	case len(o.ControlSockets) > 0:
		o.TorPath = ""
	default:
		return services.Wrap(services.CodeUnavailable, err, "what", "tor")
	}
	return nil
}

// checkDirs refuses directories that a torrc or a socket address cannot hold.
func checkDirs(state, run string) error {
	for _, dir := range []string{state, run} {
		if strings.ContainsAny(dir, " \t\r\n\"'\\#") {
			return services.E(services.CodeBadConfig, "problem", "the directory "+dir+" has a character that a torrc cannot hold")
		}
	}
	if longest := placeOf(state, run, "t999").control; len(longest) > maxSocketPath {
		return services.E(services.CodePathTooLong, "path", run)
	}
	return nil
}
