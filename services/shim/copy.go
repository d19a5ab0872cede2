package shim

import (
	"net"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// halfCloser is a connection whose sending side can be closed alone.
type halfCloser interface{ CloseWrite() error }

// relayBoth copies both ways until both sides have said all they had to say.
// One that ends its sending side still hears the other out.
//
// The app learns how it ended: in order if the visitor, which is tor, has read
// everything before it closed; broken off if not. An app that counts what it
// has delivered must not take one for the other.
func relayBoth(visitor, app net.Conn) {
	var said atomic.Bool // everything that the app had to say was passed on
	done := make(chan struct{})
	go func() {
		defer close(done)
		err := pass(visitor, app)
		said.Store(err == nil)
		if err != nil || !endSending(visitor) {
			breakOff(visitor, app)
		}
	}()
	err := pass(app, visitor)
	if err != nil || !said.Load() && hungUp(visitor) || !endSending(app) {
		breakOff(visitor, app)
	}
	<-done
}

func endSending(c net.Conn) bool {
	h, ok := c.(halfCloser)
	return ok && h.CloseWrite() == nil
}

func breakOff(all ...net.Conn) {
	for _, c := range all {
		reset(c)
		_ = c.Close()
	}
}

// reset makes closing a connection read as its breaking off, not as its end.
func reset(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
}

// pollHup is POLLHUP of poll(2).
const pollHup = 0x10

// hungUp reports whether the other end is closed for good, so that nothing
// which is sent is read. One that has only ended its sending side is not.
func hungUp(c net.Conn) bool {
	s, ok := c.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return false
	}
	gone := true // of one that the other direction has closed meanwhile nothing is to be had
	_ = raw.Control(func(fd uintptr) {
		look := struct {
			fd              int32
			events, revents int16
		}{fd: int32(fd)}
		var now syscall.Timespec
		_, _, errno := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&look)), 1, uintptr(unsafe.Pointer(&now)), 0, 0, 0) //nolint:gosec // the one way without a dependency
		gone = errno == 0 && look.revents&pollHup != 0
	})
	return gone
}
