package docker

import (
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/docker/docker/client"

	"onionbot/services"
)

var _ services.Runtime = (*Runtime)(nil)

// Options say how containers are run.
type Options struct {
	RunDir       string       // absolute, short, the bot's own; made 0700 if it is missing
	ShimPath     string       // a static binary that knows "shim"; "" for the running program
	AppPath      string       // a static binary that knows "app"; "" for the running program
	Installation string       // label value that tells two installations on one host apart
	Host         string       // the engine's address; "" for DOCKER_HOST or the default socket
	BuildProxy   string       // URL of a proxy for what image builds fetch; "" for none
	Group        int          // gid that may reach the sockets, when tor runs as another user; 0 for none
	Logger       *slog.Logger // nil to log nothing
}

// Runtime runs containers on one Docker engine.
type Runtime struct {
	cli  *client.Client
	opts Options
	log  *slog.Logger

	alive context.Context // ends with Close; image builds outlive their callers
	end   context.CancelFunc

	reports *reports // what apps tell, as it comes

	patience struct{ look, hung time.Duration } // lookPatience and hungAfter but in tests

	mu        sync.Mutex
	silences  map[string]silence    // by instance, while its shim does not answer
	stale     map[string]staleImage // by service, until it is rebuilt
	locks     map[string]*idLock
	images    map[string]bool // refs seen on the engine
	builds    map[string]*imageBuild
	leftovers map[string]string // by service: the last image that a failed build has made
	warned    map[string]bool   // what the engine warned of, and was logged
	work      sync.WaitGroup

	complete map[string]completedFrom // by ref; see Complete

	lookMu sync.Mutex
	looked map[string]accountFiles // by image, of those that had to be looked into

	idMu sync.Mutex
	maps *bool // see mapsUsers; nil as long as it is not known

	forcing chan struct{} // holds a place for each removal by force
}

// maxForcing is how many containers are ended by force at the same time.
const maxForcing = 4

// idLock serialises what changes one instance.
type idLock struct {
	held  chan struct{}
	users int
}

// New checks the options and makes the run directory. It does not need the
// engine to answer. A run directory that does not fit into a socket path is
// [services.CodePathTooLong].
func New(opts Options) (*Runtime, error) {
	if opts.Installation == "" {
		return nil, errors.New("docker: an installation name is needed")
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	var err error
	if opts.ShimPath, err = findProgram(opts.ShimPath); err != nil {
		return nil, err
	}
	if opts.AppPath, err = findProgram(opts.AppPath); err != nil {
		return nil, err
	}
	if err := prepareRunDir(opts.RunDir, opts.Group); err != nil {
		return nil, err
	}
	// As client.FromEnv, but for DOCKER_API_VERSION: it would end the negotiation,
	// and an older engine refuses what it has not heard of.
	settings := []client.Opt{client.WithTLSClientConfigFromEnv(), client.WithHostFromEnv(), client.WithAPIVersionNegotiation()}
	if opts.Host != "" {
		settings = append(settings, client.WithHost(opts.Host))
	}
	cli, err := client.NewClientWithOpts(settings...)
	if err != nil {
		return nil, fmt.Errorf("docker client: %w", err)
	}
	r := &Runtime{
		cli: cli, opts: opts, log: opts.Logger,
		silences: make(map[string]silence), stale: make(map[string]staleImage), locks: make(map[string]*idLock),
		images: make(map[string]bool), builds: make(map[string]*imageBuild), leftovers: make(map[string]string), warned: make(map[string]bool),
		complete: make(map[string]completedFrom), looked: make(map[string]accountFiles),
		forcing: make(chan struct{}, maxForcing),
	}
	r.patience.look, r.patience.hung = lookPatience, hungAfter
	r.alive, r.end = context.WithCancel(context.Background())
	if r.reports, err = openReports(); err != nil {
		r.log.Warn("what apps tell is seen when they are looked at, not at once", "error", err)
	}
	r.work.Go(r.reports.run)
	return r, nil
}

// Close ends running image builds and frees connections. Containers go on.
func (r *Runtime) Close() error {
	r.end()
	r.reports.close()
	r.work.Wait()
	return r.cli.Close()
}

// lock takes the instance for one change, and returns its release.
func (r *Runtime) lock(ctx context.Context, id string) (release func(), err error) {
	r.mu.Lock()
	l := r.locks[id]
	if l == nil {
		l = &idLock{held: make(chan struct{}, 1)}
		r.locks[id] = l
	}
	l.users++
	r.mu.Unlock()
	leave := func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if l.users--; l.users == 0 {
			delete(r.locks, id)
		}
	}
	select {
	case l.held <- struct{}{}:
		return func() { <-l.held; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}

// findProgram resolves a binary that is mounted into containers and refuses
// one that cannot run there.
func findProgram(path string) (string, error) {
	if path == "" {
		self, err := os.Executable()
		if err != nil {
			return "", fmt.Errorf("docker: find the running program: %w", err)
		}
		path = self
	}
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", fmt.Errorf("docker: a program for containers: %w", err)
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", fmt.Errorf("docker: a program for containers: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("docker: a program for containers: %w", err)
	}
	if info.Mode().Perm()&0o005 != 0o005 {
		return "", fmt.Errorf("docker: %s must be readable and executable for everybody (chmod 755), containers run it", path)
	}
	return path, checkStatic(path)
}

// checkStatic refuses a binary that needs a dynamic linker: images have none,
// or another one.
func checkStatic(path string) error {
	f, err := elf.Open(path)
	if err != nil {
		return fmt.Errorf("docker: a program for containers: %w", err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return fmt.Errorf("docker: %s is dynamically linked and would not run in a container; build it with CGO_ENABLED=0", path)
		}
	}
	return nil
}
