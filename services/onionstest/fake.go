// Package onionstest holds the promises of [services.Onions] as tests, and a
// [Fake] that keeps them without tor, for tests of what stands on it.
package onionstest

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"onionbot/services"
)

// Op names a call of [services.Onions] to which a fault can be given.
type Op string

// The calls.
const (
	OpNew     Op = "new"
	OpPublish Op = "publish"
	OpStatus  Op = "status"
	OpList    Op = "list"
	OpRemove  Op = "remove"
	OpProbe   Op = "probe"
	OpGuard   Op = "guard"
	OpPing    Op = "ping"
)

// Fake is a [services.Onions] in memory. Onions are published and reachable
// at once unless faults say otherwise. Its keys and addresses are random and
// fit no cryptography.
type Fake struct {
	mu     sync.Mutex
	faults map[Op]func(ctx context.Context, address string) error
	reach  func(address string, port int) error
	onions map[string]*hosted
	watch  map[*watcher]struct{}
	calls  []Call
	stuck  bool
	dials  bool

	exposed bool
	added   []services.OnionSpec
}

// Call is one call that was made, in the order of their beginning.
type Call struct {
	Op      Op
	Address string
}

type hosted struct {
	spec    services.OnionSpec
	state   services.OnionState
	admits  string // as far as is known
	guarded bool
}

type watcher struct {
	pending []string // guarded by Fake.mu
	wake    chan struct{}
}

var _ services.Onions = (*Fake)(nil)

// New returns a Fake without onions or faults.
func New() *Fake {
	return &Fake{
		faults: map[Op]func(context.Context, string) error{},
		onions: map[string]*hosted{}, watch: map[*watcher]struct{}{},
	}
}

// Fail makes the calls of this kind fail with err, until it is called with nil.
func (f *Fake) Fail(op Op, err error) {
	if err == nil {
		f.Intercept(op, nil)
		return
	}
	f.Intercept(op, func(context.Context, string) error { return err })
}

// Hang makes the calls of this kind last until their context ends, until
// Fail(op, nil). Calls that hang already go on to hang.
func (f *Fake) Hang(op Op) {
	f.Intercept(op, func(ctx context.Context, _ string) error {
		<-ctx.Done()
		return services.Wrap(services.CodeUnavailable, ctx.Err(), "what", "tor")
	})
}

// Intercept calls fn before each call of this kind has any effect; an error is
// what the call returns. nil ends it.
func (f *Fake) Intercept(op Op, fn func(ctx context.Context, address string) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults[op] = fn
}

// Break makes every call but NewOnion fail as when no tor answers, or ends that.
func (f *Fake) Break(broken bool) {
	var err error
	if broken {
		err = services.Wrap(services.CodeUnavailable, errors.New("broken by the test"), "what", "tor")
	}
	for _, op := range []Op{OpPublish, OpStatus, OpList, OpRemove, OpProbe, OpGuard, OpPing} {
		f.Fail(op, err)
	}
}

// StayUnpublished makes onions that are added from now on wait for an upload
// that does not come before [Fake.Upload], or ends that.
func (f *Fake) StayUnpublished(stuck bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stuck = stuck
}

// Upload publishes an onion that was added.
func (f *Fake) Upload(address string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if h := f.onions[address]; h != nil {
		h.state = services.OnionPublished
		f.tell(address)
	}
}

// Reach makes Probe ask fn about onions that are published; an error means
// that the address does not open.
func (f *Fake) Reach(fn func(address string, port int) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reach = fn
}

// Dial makes Probe connect to the socket behind the port, as a visitor's stream
// would, or ends that.
func (f *Fake) Dial(dials bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dials = dials
}

// Lose ends the tor: every onion is gone, and the watchers are told.
func (f *Fake) Lose() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.onions)
	f.tell("")
}

// LoseOne makes one onion vanish, and tells the watchers.
func (f *Fake) LoseOne(address string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.onions, address)
	f.tell(address)
}

// Expose makes the tors let strangers in to private onions, or ends that.
func (f *Fake) Expose(exposed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.exposed = exposed
}

// Forget makes it forget what no tor can tell, as a new process has.
func (f *Fake) Forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, h := range f.onions {
		h.admits, h.guarded = "", false
	}
}

// Added returns every onion that a tor was ever given, in order.
func (f *Fake) Added() []services.OnionSpec {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.added)
}

// Put places an onion that nobody published, as an earlier run or somebody
// else's tor would have it.
func (f *Fake) Put(status services.OnionStatus) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.onions[status.Address] = &hosted{state: status.State, spec: services.OnionSpec{Owner: foreignOwner(status.Foreign)}}
}

func foreignOwner(foreign bool) string {
	if foreign {
		return "\x00foreign"
	}
	return ""
}

// Spec returns what an onion was published as.
func (f *Fake) Spec(address string) (services.OnionSpec, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	h := f.onions[address]
	if h == nil {
		return services.OnionSpec{}, false
	}
	return h.spec, true
}

// Addresses returns the addresses of all onions, sorted.
func (f *Fake) Addresses() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for a := range f.onions {
		all = append(all, a)
	}
	slices.Sort(all)
	return all
}

// Calls returns the calls made so far.
func (f *Fake) Calls() []Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// before takes note of a call and lets its fault act.
func (f *Fake) before(ctx context.Context, op Op, address string) error {
	f.mu.Lock()
	f.calls = append(f.calls, Call{Op: op, Address: address})
	fault := f.faults[op]
	f.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("onions: %w", err)
	}
	if fault == nil {
		return nil
	}
	return fault(ctx, address)
}

// tell notifies the watchers. f.mu is held.
func (f *Fake) tell(address string) {
	for w := range f.watch {
		if !slices.Contains(w.pending, address) {
			w.pending = append(w.pending, address)
		}
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// NewOnion implements [services.Onions].
func (f *Fake) NewOnion() (services.Onion, error) {
	if err := f.before(context.Background(), OpNew, ""); err != nil {
		return services.Onion{}, err
	}
	var id [35]byte
	var key [64]byte
	_, _ = rand.Read(id[:])
	_, _ = rand.Read(key[:])
	return services.Onion{
		Address: strings.ToLower(base32.StdEncoding.EncodeToString(id[:])) + ".onion",
		Key:     services.Secret("ED25519-V3:" + base64.StdEncoding.EncodeToString(key[:])),
	}, nil
}
