package server

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// sendBuffer bounds what waits for a visitor in the kernel, in bytes: what
// nobody fetches is not even sent.
const sendBuffer = 128 << 10

// Listener makes of every connection one that gives up on whoever does not
// read, and that knows how it ended.
func Listener(l net.Listener) net.Listener { return listener{l} }

type listener struct{ net.Listener }

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetWriteBuffer(sendBuffer)
	}
	return &conn{Conn: c}, nil
}

// conn is one connection of a visitor.
type conn struct {
	net.Conn

	mu     sync.Mutex
	broken bool             // it ended before everything was sent
	watch  func(whole bool) // who wants to know
}

type connKey struct{}

func keepConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	// Tor closes both ways at once: who says no more hears no more. The server
	// itself breaks its reads off with a deadline.
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		c.breakOff()
	}
	return n, err
}

func (c *conn) Write(b []byte) (int, error) {
	_ = c.SetWriteDeadline(time.Now().Add(stallTime))
	n, err := c.Conn.Write(b)
	if err != nil {
		c.breakOff()
	}
	return n, err
}

func (c *conn) breakOff() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken = true
}

// Close closes the connection. If somebody wants to know how it ended, it says
// first that nothing more comes, and listens for how the other side takes it:
// the shim closes in order once everything has gone to Tor, and resets a
// connection that broke off before.
func (c *conn) Close() error {
	c.mu.Lock()
	watch, broken := c.watch, c.broken
	c.watch = nil
	c.mu.Unlock()
	if watch == nil {
		return c.Conn.Close()
	}
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if broken || !ok || half.CloseWrite() != nil {
		watch(false)
		return c.Conn.Close()
	}
	go func() {
		defer c.Conn.Close()
		watch(c.endsWell())
	}()
	return nil
}

// lastTime is how long what was sent may take to go to Tor.
const lastTime = 30 * time.Minute

// endsWell waits for the other side's end.
func (c *conn) endsWell() bool {
	_ = c.SetReadDeadline(time.Now().Add(lastTime))
	var one [1]byte
	n, err := c.Conn.Read(one[:])
	return n == 0 && errors.Is(err, io.EOF)
}

// Watch has fn called when the answer to this request has gone to Tor to its
// last byte (whole), or has broken off before. It is the connection's last
// answer. It must be called before anything is written.
func Watch(w http.ResponseWriter, r *http.Request, fn func(whole bool)) {
	c, ok := r.Context().Value(connKey{}).(*conn)
	if !ok {
		return
	}
	w.Header().Set("Connection", "close")
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watch = fn
}
