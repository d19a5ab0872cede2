package shim

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxConnections = 512                   // at once; each takes up to ten descriptors
	maxInward      = 8                     // of the bot's own
	dialPatience   = 8 * time.Second       // how long a visitor waits for an app that is not up yet
	dialPause      = 15 * time.Millisecond // between two tries
)

// relay joins unix sockets to the app's ports.
type relay struct {
	ledger  *ledger
	clock   *clock
	wake    func() // called when a connection ended
	counted func() // called when the ledger has let somebody in
	ready   atomic.Bool
	crowd   *crowd
	inward  *crowd

	mu        sync.Mutex
	closed    chan struct{}
	isClosed  bool
	listeners []net.Listener
}

func newRelay(l *ledger, c *clock, wake, counted func()) *relay {
	return &relay{
		ledger: l, clock: c, wake: wake, counted: counted,
		crowd: newCrowd(maxConnections), inward: newCrowd(maxInward), closed: make(chan struct{}),
	}
}

// listen accepts on l and relays to the app's address until close.
func (r *relay) listen(l net.Listener, app string) {
	r.open(l, r.crowd, func(v *visitor) { r.serve(v, app) })
}

// listenInward is listen for the bot, which is no visitor.
func (r *relay) listenInward(l net.Listener, app string) {
	r.open(l, r.inward, func(v *visitor) { r.join(v, app) })
}

func (r *relay) open(l net.Listener, into *crowd, serve func(*visitor)) {
	r.mu.Lock()
	if r.isClosed {
		r.mu.Unlock()
		_ = l.Close()
		return
	}
	r.listeners = append(r.listeners, l)
	r.mu.Unlock()
	go r.accept(l, into, serve)
}

func (r *relay) accept(l net.Listener, into *crowd, serve func(*visitor)) {
	for {
		conn, err := l.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) || !r.pause(dialPause) {
				return
			}
			continue
		}
		bound(conn)
		v := newVisitor(conn, time.Now())
		if !into.enter(v) {
			v.end()
			return
		}
		go func() {
			defer into.leave(v)
			defer v.end()
			serve(v)
		}()
	}
}

// unread is how many bytes wait in the kernel, at most, for a visitor who does
// not read: they count as the container's memory.
const unread = 32 << 10

func bound(conn net.Conn) {
	if u, ok := conn.(*net.UnixConn); ok {
		_ = u.SetWriteBuffer(unread)
	}
}

// serve relays one connection of a visitor to its end.
func (r *relay) serve(v *visitor, app string) {
	if !r.ledger.enter(r.clock.now()) {
		return
	}
	r.counted()
	defer func() {
		v.end()
		r.ledger.leave(r.clock.now())
		r.wake()
	}()
	r.join(v, app)
}

// join relays a connection to its end.
func (r *relay) join(v *visitor, app string) {
	inner, err := r.dial(v, app)
	if err != nil || !v.join(inner) {
		return
	}
	relayBoth(v.conn, inner)
}

// dial connects to the app, waiting a while for one that is not up yet.
func (r *relay) dial(v *visitor, app string) (net.Conn, error) {
	d := net.Dialer{Timeout: time.Second}
	for deadline := time.Now().Add(dialPatience); ; {
		conn, err := d.DialContext(v.gone, "tcp", app)
		if err == nil {
			r.ready.Store(true)
			return conn, nil
		}
		if v.gone.Err() != nil || time.Now().After(deadline) || !r.pause(dialPause) {
			return nil, err
		}
	}
}

// watchReady tries the app's port until it accepts once, and reports false if
// the relay was closed before.
func (r *relay) watchReady(app string) bool {
	dialer := net.Dialer{Timeout: time.Second}
	for !r.ready.Load() {
		if conn, err := dialer.DialContext(context.Background(), "tcp", app); err == nil {
			_ = conn.Close()
			r.ready.Store(true)
		} else if !r.pause(dialPause) {
			return false
		}
	}
	return true
}

// watchIdle closes connections on which nothing has moved for too long.
func (r *relay) watchIdle() {
	for r.pause(idleLook) {
		r.crowd.closeIdle(time.Now(), maxIdle)
		r.inward.closeIdle(time.Now(), maxIdle)
	}
}

// close ends the listeners and every live connection at once.
func (r *relay) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.isClosed {
		return
	}
	r.isClosed = true
	close(r.closed)
	for _, l := range r.listeners {
		_ = l.Close()
	}
	r.crowd.close()
	r.inward.close()
}

// pause waits, and reports false when the relay was closed meanwhile.
func (r *relay) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.closed:
		return false
	}
}
