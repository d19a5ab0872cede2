package services

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Reconciler makes the rows come true. One actor per instance observes,
// plans and applies; a full comparison at the start and at a slow tick finds
// what no row knows. Everything is woken by pokes, events and deadlines.
type Reconciler struct {
	o     ReconcilerOptions
	full  chan struct{}  // asks for a full comparison
	stock chan struct{}  // asks for a look at the warm addresses
	runs  chan struct{}  // bounds containers started at the same time
	wg    sync.WaitGroup // actors and watchers

	orphans  Memo        // the back-off of their removal; only the loop uses it
	retired  atomic.Bool // see Retire
	building sync.Map    // instance IDs whose image is being built; the start limit waits

	mu     sync.Mutex
	actors map[string]*actor
	ctx    context.Context // of Run; actors live no longer
	health Health
	scrub  chan struct{}
}

// ReconcilerOptions are what a [Reconciler] works with. Hook may be nil; it
// is called before and after every step, for fault injection.
type ReconcilerOptions struct {
	Store    Store
	Runtime  Runtime
	Onions   Onions
	Catalog  *Catalog
	Contents Contents
	Policy   Policy
	Clock    Clock
	Log      *slog.Logger
	Keyring  *Keyring
	User     func(name string) *User // nil if unknown
	Outbox   Outbox
	Hook     func(point string)
	MaxRuns  int // containers started at the same time; 0 = 8
}

// NewReconciler makes a reconciler; Run starts it.
func NewReconciler(o ReconcilerOptions) *Reconciler {
	if o.Hook == nil {
		o.Hook = func(string) {}
	}
	if o.MaxRuns <= 0 {
		o.MaxRuns = 8
	}
	o.Policy = o.Policy.WithDefaults()
	return &Reconciler{
		o: o, full: make(chan struct{}, 1), stock: make(chan struct{}, 1), scrub: make(chan struct{}, 1),
		runs: make(chan struct{}, o.MaxRuns), actors: make(map[string]*actor),
	}
}

// Run works until ctx ends, then waits for what is in hand. It leaves
// everything that runs running.
func (r *Reconciler) Run(ctx context.Context) {
	r.mu.Lock()
	r.ctx = ctx
	r.mu.Unlock()
	r.spawn(func() { r.watch(ctx, "docker", r.o.Runtime.Events, r.Poke) })
	r.spawn(func() { r.watch(ctx, "tor", r.o.Onions.Events, r.pokeAddress) })
	r.spawn(func() { r.scrubber(ctx) })
	r.askScrub() // an earlier life may have ended between erasing and scrubbing
	r.compare(ctx)
	r.loop(ctx)
	r.wg.Wait()
}

func (r *Reconciler) loop(ctx context.Context) {
	slow := time.NewTicker(r.o.Policy.SlowTick)
	defer slow.Stop()
	// Timers run on the monotonic clock, which stands still during suspend and
	// does not see the wall clock being set; a short tick looks at the wall.
	wall := time.NewTicker(time.Second)
	defer wall.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.full:
			r.compare(ctx)
		case <-r.stock:
			r.restock(ctx)
		case <-slow.C:
			r.compare(ctx)
			r.purge(ctx)
		case <-wall.C:
			r.pokeDue()
		}
	}
}

// Poke asks for a look at one instance, or at everything for "".
func (r *Reconciler) Poke(id string) {
	if id == "" {
		r.askCompare()
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, a := range r.actors {
			a.wake()
		}
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ctx == nil || r.ctx.Err() != nil {
		return // the full comparison at the next start sees the row
	}
	if a, ok := r.actors[id]; ok {
		a.wake()
		return
	}
	a := newActor(r, id)
	r.actors[id] = a
	r.wg.Add(1)
	go func() {
		defer r.wg.Done()
		a.run(r.ctx)
	}()
}

// askCompare asks for a full comparison, soon.
func (r *Reconciler) askCompare() {
	select {
	case r.full <- struct{}{}:
	default:
	}
}

// pokeAddress is what tor's events are wired to: tor knows addresses only.
func (r *Reconciler) pokeAddress(address string) {
	if address == "" {
		r.Poke("")
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range r.actors {
		if a.address.Load() == address {
			a.wake()
		}
	}
}

// pokeDue wakes the actors whose next look is due by the wall clock.
func (r *Reconciler) pokeDue() {
	now := r.o.Clock.Now().UnixMilli()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range r.actors {
		if due := a.nextLook.Load(); due != 0 && due <= now {
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
