package reconcile

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"onionbot/services"
)

// Reconciler makes the rows come true. One actor per instance observes,
// plans and applies; a resync at the start and at a slow tick finds
// what no row knows. Actors are woken by notifications, events and deadlines.
type Reconciler struct {
	o        Options
	full     chan struct{}  // asks for a resync
	restocks chan struct{}  // asks for warm addresses to be replaced
	runs     chan struct{}  // bounds containers started at the same time
	wg       sync.WaitGroup // actors and watchers

	orphans       Memo          // the back-off of their removal; only the loop uses it
	forward, back time.Duration // how far the clock was set when that was logged last; only watchWall uses them
	retired       atomic.Bool   // see Retire
	unsafe        unsafeWord    // what operators were told last
	moment        atomic.Int64  // counts notifications, ends of jobs and lists, to tell what came first

	mu     sync.Mutex
	actors map[string]*actor
	ctx    context.Context // of Run; actors live no longer
	health services.Health
	scrub  chan struct{}
}

// Options are what a [Reconciler] works with. FaultPoint may be nil; it
// is called before and after every step, for fault injection.
type Options struct {
	Store      services.Store
	Runtime    services.Runtime
	Onions     services.Onions
	Catalog    *services.Catalog
	Contents   services.Contents
	Policy     services.Policy
	Clock      services.Clock
	Log        *slog.Logger
	Keyring    *services.Keyring
	User       func(name string) *services.User // nil if unknown
	Operators  func() []services.Route          // where operators are told what is for them; may be nil
	Outbox     services.Outbox
	Adapters   func() map[string]string // what is wrong with which network; may be nil
	Images     func() string            // what is wrong with images, "" when all is well; may be nil
	Defences   func() services.Defences // may be nil
	FaultPoint func(point string)
	MaxRuns    int // containers started at the same time; 0 = 8
}

// New makes a reconciler; Run starts it.
func New(o Options) *Reconciler {
	if o.FaultPoint == nil {
		o.FaultPoint = func(string) {}
	}
	if o.MaxRuns <= 0 {
		o.MaxRuns = 8
	}
	o.Policy = o.Policy.WithDefaults()
	return &Reconciler{
		o: o, full: make(chan struct{}, 1), restocks: make(chan struct{}, 1), scrub: make(chan struct{}, 1),
		runs: make(chan struct{}, o.MaxRuns), actors: make(map[string]*actor),
	}
}

// Run works until ctx ends, then waits for what is in hand. It leaves
// everything that runs running.
func (r *Reconciler) Run(ctx context.Context) {
	r.mu.Lock()
	r.ctx = ctx
	r.mu.Unlock()
	r.spawn(func() { r.watch(ctx, "docker", r.o.Runtime.Events, r.notifyContainer) })
	r.spawn(func() { r.watch(ctx, "tor", r.o.Onions.Events, r.notifyAddress) })
	r.spawn(func() { r.scrubber(ctx) })
	r.spawn(func() { r.watchWall(ctx) })
	r.askScrub() // an earlier life may have ended between erasing and scrubbing
	r.resync(ctx)
	r.loop(ctx)
	r.wg.Wait()
}

func (r *Reconciler) loop(ctx context.Context) {
	slow := time.NewTicker(r.o.Policy.SlowTick)
	defer slow.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.full:
			r.resync(ctx)
		case <-r.restocks:
			r.restock(ctx)
		case <-slow.C:
			r.resync(ctx)
			r.purge(ctx)
		}
	}
}

// Notify wakes the actor of one instance, or all of them and a resync for "".
func (r *Reconciler) Notify(id string) {
	if id == "" {
		r.askResync()
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, a := range r.actors {
			a.notify()
		}
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if a := r.actor(id); a != nil {
		a.notify()
	}
}

// actor returns the actor of an instance, starting it if there is none; nil
// outside of Run. r.mu is held.
func (r *Reconciler) actor(id string) *actor {
	if r.ctx == nil || r.ctx.Err() != nil {
		return nil // the resync at the next start sees the row
	}
	if a, ok := r.actors[id]; ok {
		return a
	}
	a := newActor(r, id)
	r.actors[id] = a
	r.wg.Add(1)
	go func() {
		defer r.wg.Done()
		a.run(r.ctx)
	}()
	return a
}

// askResync asks for a resync, soon.
func (r *Reconciler) askResync() {
	select {
	case r.full <- struct{}{}:
	default:
	}
}

// notifyAddress is what tor's events are wired to: tor knows addresses only.
func (r *Reconciler) notifyAddress(address string) {
	if address == "" {
		r.Notify("")
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range r.actors {
		if a.address.Load() == address {
			a.notify()
		}
	}
}

// watchWall looks at the wall clock. Timers run on the monotonic clock, which
// stands still during suspend and does not see the wall clock being set. It
// waits for nothing else, so that no hung engine delays an end.
func (r *Reconciler) watchWall(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			r.watchClock()
			r.wakeDue()
		}
	}
}

// wakeDue wakes the actors whose next moment is due by the wall clock.
func (r *Reconciler) wakeDue() {
	now := r.o.Clock.Now().UnixMilli()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range r.actors {
		if due := a.nextWake.Load(); due != 0 && due <= now {
			a.wake()
		}
	}
}

// watch keeps a subscription alive; the adapters reconnect inside, so an end
// without ctx is a fault to be logged and tried again.
func (r *Reconciler) watch(ctx context.Context, what string,
	events func(context.Context, func(string)) error, notify func(string),
) {
	for ctx.Err() == nil {
		err := events(ctx, notify)
		if ctx.Err() != nil {
			return
		}
		r.o.Log.Warn("event stream ended", "of", what, "error", err)
		pause(ctx, r.o.Policy.RepairBackoff)
	}
}

func (r *Reconciler) spawn(fn func()) {
	r.wg.Add(1)
	go func() {
		defer r.wg.Done()
		fn()
	}()
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
