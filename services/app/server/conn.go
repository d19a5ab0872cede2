package server

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
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
	tail   []byte           // the last that was written, as long as somebody watches
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
	c.mu.Lock()
	watched, before := c.watch != nil, c.tail
	c.tail = nil
	c.mu.Unlock()
	if !watched || len(b) == 0 {
		return c.write(b)
	}
	// A visitor who has all that was promised may leave at once. So the last of
	// it goes out with the end, and who leaves before has not got everything.
	cut := max(0, len(b)-maxTail)
	for _, part := range [][]byte{before, b[:cut]} {
		if len(part) > 0 {
			if _, err := c.write(part); err != nil {
				return 0, err
			}
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tail = append([]byte(nil), b[cut:]...)
	return len(b), nil
}

// maxTail is how much of the last write waits for the end, in bytes.
const maxTail = 512

func (c *conn) write(b []byte) (int, error) {
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
	watch, broken, tail := c.watch, c.broken, c.tail
	c.watch, c.tail = nil, nil
	c.mu.Unlock()
	if watch == nil {
		return c.Conn.Close()
	}
	if broken || c.end(tail) != nil {
		watch(false)
		return c.Conn.Close()
	}
	go func() {
		defer c.Conn.Close()
		watch(c.endsWell())
	}()
	return nil
}

// end sends the tail together with the end of what is sent.
func (c *conn) end(tail []byte) error {
	t, ok := c.Conn.(*net.TCPConn)
	if !ok {
		return errors.ErrUnsupported
	}
	raw, err := t.SyscallConn()
	if err != nil {
		return err
	}
	_ = raw.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_CORK, 1) })
	if _, err := c.write(tail); err != nil {
		return err
	}
	return t.CloseWrite()
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
