package bench

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"onionbot/tor/privnet"
)

// The floors do the same work the shortest way: the same image, limits and
// hardening, the same tor program on the same network, the same visit by the
// same visitor. They leave out what a bot is for: a durable row for the command
// and its answer, the check that the container cannot misuse its socket
// directory, the deadline that holds when the bot is dead, the choice of a tor,
// the observation of everything before and after, and the words.

// patience bounds one floor or one start.
const patience = 3 * time.Minute

// host is a tor of the floor's own with a bare control connection.
type host struct {
	client  *privnet.Client
	control *control

	mu  sync.Mutex
	ids []string // onions that publishBare has left
}

// startHosts starts tors that end with the benchmark.
func startHosts(b *testing.B, n int) []*host {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	hosts := make([]*host, n)
	for i := range hosts {
		client, err := shared.network.StartClient(ctx, fmt.Sprintf("host%d", i))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(client.Stop)
		c, err := dialControl(client.ControlSocket())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(c.close)
		hosts[i] = &host{client: client, control: c}
	}
	return hosts
}

// coldFloor starts container and onion together and returns the time until the
// first visit has succeeded.
func (h *host) coldFloor(b *testing.B) time.Duration {
	b.Helper()
	site := newBareSite(b)
	defer site.remove(b)
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	var id string
	took := timed(b, func() error {
		ran := make(chan error, 1)
		go func() { ran <- site.run() }()
		var err error
		if id, err = h.control.publish(ctx, site.socket()); err != nil {
			return err
		}
		if err := <-ran; err != nil {
			return err
		}
		return visitUntil(ctx, id+".onion")
	})
	if err := h.control.remove(id); err != nil {
		b.Error(err)
	}
	return took
}

// warmFloor starts a container behind an onion that was published before.
func (h *host) warmFloor(b *testing.B) time.Duration {
	b.Helper()
	site := newBareSite(b)
	defer site.remove(b)
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	id, err := h.control.publish(ctx, site.socket())
	if err != nil {
		b.Fatal(err)
	}
	settle()
	took := timed(b, func() error {
		if err := site.run(); err != nil {
			return err
		}
		return visitUntil(ctx, id+".onion")
	})
	if err := h.control.remove(id); err != nil {
		b.Error(err)
	}
	return took
}

// settle lets tors finish what follows a publication, for the floor as for the bot.
func settle() { time.Sleep(2 * time.Second) }

// runMany starts n bare containers, at most so many at a time, and returns how
// long that took and how to remove them.
func runMany(b *testing.B, n, parallel int) (took time.Duration, remove func()) {
	b.Helper()
	sites := make([]bareSite, n)
	for i := range sites {
		sites[i] = newBareSite(b)
	}
	took = timed(b, func() error { return each(n, parallel, func(i int) error { return sites[i].run() }) })
	return took, func() {
		_ = each(n, 4, func(i int) error { sites[i].remove(b); return nil })
	}
}

// bestParallel tries how many container starts at a time are fastest here.
func bestParallel(b *testing.B) int {
	b.Helper()
	best, fastest := 0, time.Duration(0)
	for _, parallel := range []int{2, 4, 8} {
		took, remove := runMany(b, 16, parallel)
		remove()
		if best == 0 || took < fastest {
			best, fastest = parallel, took
		}
	}
	return best
}

// window is how many unpublished onions a tor may have in the paced floor: the
// best of what was tried (3, 4, 6, 8, 12, 16).
const window = 8

// publishPaced publishes n onions on the hosts and returns how many were
// published within the limit, and how long it took until they were or the limit
// was over.
func publishPaced(b *testing.B, hosts []*host, n int) (published int, took time.Duration) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	var next, done atomic.Int64
	workers := window * len(hosts)
	took = timed(b, func() error {
		return each(workers, workers, func(w int) error {
			for next.Add(1) <= int64(n) {
				err := hosts[w%len(hosts)].publishBare(ctx)
				switch {
				case err == nil:
					done.Add(1)
				case ctx.Err() != nil:
					return nil
				default:
					return err
				}
			}
			return nil
		})
	})
	return int(done.Load()), took
}

func (h *host) publishBare(ctx context.Context) error {
	id, err := h.control.publish(ctx, "/nowhere/80.sock")
	h.mu.Lock()
	defer h.mu.Unlock()
	if id != "" {
		h.ids = append(h.ids, id)
	}
	return err
}

// removeOnions deletes what publishBare has left.
func removeOnions(b *testing.B, hosts []*host) {
	b.Helper()
	for _, h := range hosts {
		for _, id := range h.ids {
			if err := h.control.remove(id); err != nil {
				b.Error(err)
			}
		}
		h.ids = nil
	}
}

func stopHosts(hosts []*host) {
	for _, h := range hosts {
		h.client.Stop()
	}
}

// rivalLimit bounds what does not come to an end by itself.
const rivalLimit = 120 * time.Second

// publishAtOnce gives one tor all onions at once, as a bot without a queue
// does, and returns how many were published within the limit, and how long it
// took until they were or the limit was over.
func publishAtOnce(b *testing.B, h *host, n int) (published int, took time.Duration) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), rivalLimit)
	defer cancel()
	ids := make([]string, n)
	began := time.Now()
	for i := range ids {
		var err error
		if ids[i], err = h.control.add("/nowhere/80.sock"); err != nil {
			b.Fatal(err)
		}
	}
	for _, id := range ids {
		select {
		case <-h.control.event(id):
			published++
		case <-ctx.Done():
			select {
			case <-h.control.event(id):
				published++
			default:
			}
		}
	}
	return published, time.Since(began)
}

// each calls fn for 0 to n-1, at most so many at a time, and returns the first error.
func each(n, parallel int, fn func(i int) error) error {
	next := make(chan int)
	go func() {
		defer close(next)
		for i := range n {
			next <- i
		}
	}()
	errs := make(chan error, n)
	var wg sync.WaitGroup
	for range parallel {
		wg.Go(func() {
			for i := range next {
				errs <- fn(i)
			}
		})
	}
	wg.Wait()
	for range n {
		if err := <-errs; err != nil {
			return err
		}
	}
	return nil
}
