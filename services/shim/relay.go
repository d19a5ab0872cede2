package shim

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxConnections = 512                   // at once; more wait in the socket's backlog
	dialPatience   = 8 * time.Second       // how long a visitor waits for an app that is not up yet
	dialPause      = 15 * time.Millisecond // between two tries
)

// relay joins unix sockets to the app's ports.
type relay struct {
	ledger *ledger
	clock  *clock
	wake   func() // called when a connection ended
	ready  atomic.Bool
	slots  chan struct{}

	mu        sync.Mutex
	open      map[io.Closer]struct{}
	closed    chan struct{}
	isClosed  bool
	listeners []net.Listener
}

func newRelay(l *ledger, c *clock, wake func()) *relay {
	return &relay{
		ledger: l, clock: c, wake: wake,
		slots:  make(chan struct{}, maxConnections),
		open:   make(map[io.Closer]struct{}),
		closed: make(chan struct{}),
	}
}

// listen accepts on l and relays to the app's address until close.
func (r *relay) listen(l net.Listener, app string) {
	r.mu.Lock()
	if r.isClosed {
		r.mu.Unlock()
		_ = l.Close()
		return
	}
	r.listeners = append(r.listeners, l)
	r.mu.Unlock()
	go r.accept(l, app)
}

func (r *relay) accept(l net.Listener, app string) {
	for {
		select {
		case r.slots <- struct{}{}:
		case <-r.closed:
			return
		}
		conn, err := l.Accept()
		if err != nil {
			<-r.slots
			if errors.Is(err, net.ErrClosed) || !r.pause(dialPause) {
				return
			}
			continue
		}
		go func() {
			defer func() { <-r.slots }()
			r.serve(conn, app)
		}()
	}
}

// serve relays one connection to its end.
func (r *relay) serve(visitor net.Conn, app string) {
	defer visitor.Close()
	if !r.track(visitor) {
		return
	}
	defer r.untrack(visitor)
	if !r.ledger.enter(r.clock.now()) {
		return
	}
	defer func() {
		r.ledger.leave(r.clock.now())
		r.wake()
	}()
	inner, err := r.dial(app)
	if err != nil {
		return
	}
	defer inner.Close()
	if !r.track(inner) {
		return
	}
	defer r.untrack(inner)
	join(visitor, inner)
}

// dial connects to the app, waiting a while for one that is not up yet.
func (r *relay) dial(app string) (net.Conn, error) {
	for deadline := time.Now().Add(dialPatience); ; {
		conn, err := net.DialTimeout("tcp", app, time.Second)
		if err == nil {
			r.ready.Store(true)
			return conn, nil
		}
		if time.Now().After(deadline) || !r.pause(dialPause) {
			return nil, err
		}
	}
}

// watchReady tries the app's port until it accepts once.
func (r *relay) watchReady(app string) {
	for !r.ready.Load() {
		if conn, err := net.DialTimeout("tcp", app, time.Second); err == nil {
			_ = conn.Close()
			r.ready.Store(true)
			return
		}
		if !r.pause(dialPause) {
			return
		}
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
	for c := range r.open {
		_ = c.Close()
	}
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

func (r *relay) track(c io.Closer) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.isClosed {
		return false
	}
	r.open[c] = struct{}{}
	return true
}

func (r *relay) untrack(c io.Closer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, c)
}

// halfCloser is a connection whose sending side can be closed alone.
type halfCloser interface{ CloseWrite() error }

// join copies both ways until both sides have said all they had to say. One
// that ends its sending side still hears the other out. io.Copy between
// sockets is splice(2): the bytes never enter this process.
func join(a, b net.Conn) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		oneWay(a, b)
	}()
	oneWay(b, a)
	<-done
}

func oneWay(dst, src net.Conn) {
	_, err := io.Copy(dst, src)
	h, ok := dst.(halfCloser)
	if err != nil || !ok || h.CloseWrite() != nil {
		_ = dst.Close()
		_ = src.Close()
	}
}
