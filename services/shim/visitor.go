package shim

import (
	"context"
	"encoding/binary"
	"net"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// greeting is how many bytes a connection has heard from its visitor before it
// counts as one that is used. The first message of any client is longer.
const greeting = 256

// visitor is one connection and, once the app was reached, the app's end of it.
type visitor struct {
	conn net.Conn
	came time.Time
	gone context.Context // ends when the visitor is sent away
	send context.CancelFunc

	mu    sync.Mutex
	inner net.Conn
}

func newVisitor(conn net.Conn, now time.Time) *visitor {
	v := &visitor{conn: conn, came: now}
	v.gone, v.send = context.WithCancel(context.Background())
	return v
}

// join notes the app's end. It reports false, and closes it, when the visitor
// has been sent away meanwhile.
func (v *visitor) join(inner net.Conn) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.gone.Err() != nil {
		_ = inner.Close()
		return false
	}
	v.inner = inner
	return true
}

// end closes both ends.
func (v *visitor) end() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.send()
	_ = v.conn.Close()
	if v.inner != nil {
		_ = v.inner.Close()
	}
}

// cut closes both ends before they have heard each other out, and lets the
// app know.
func (v *visitor) cut() {
	v.mu.Lock()
	if v.inner != nil {
		reset(v.inner)
	}
	v.mu.Unlock()
	v.end()
}

// activity is what a connection has been used for.
type activity struct {
	idle   time.Duration // nothing has moved for so long
	spoken bool          // the visitor has said more than a few bytes
}

// activity asks the kernel, which counts on the app's end anyway.
func (v *visitor) activity(now time.Time) activity {
	v.mu.Lock()
	defer v.mu.Unlock()
	since := activity{idle: now.Sub(v.came)}
	inner, ok := v.inner.(*net.TCPConn)
	if !ok {
		return since
	}
	raw, err := inner.SyscallConn()
	if err != nil {
		return since
	}
	_ = raw.Control(func(fd uintptr) {
		if a, ok := tcpActivity(fd); ok {
			a.idle = min(a.idle, since.idle)
			since = a
		}
	})
	return since
}

// Where struct tcp_info of linux/tcp.h has what is read here.
const (
	infoLastSent  = 44  // u32, milliseconds since data was sent to the app
	infoLastHeard = 52  // u32, milliseconds since data came from the app
	infoSent      = 120 // u64, bytes that the app has acknowledged
	infoSize      = 136
)

func tcpActivity(fd uintptr) (activity, bool) {
	var info [infoSize]byte
	size := uint32(len(info))
	_, _, errno := syscall.Syscall6(syscall.SYS_GETSOCKOPT, fd, syscall.IPPROTO_TCP, syscall.TCP_INFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0) //nolint:gosec // the one way without a dependency
	if errno != 0 || size < infoSize {
		return activity{}, false
	}
	quiet := min(binary.NativeEndian.Uint32(info[infoLastSent:]), binary.NativeEndian.Uint32(info[infoLastHeard:]))
	return activity{
		idle:   time.Duration(quiet) * time.Millisecond,
		spoken: binary.NativeEndian.Uint64(info[infoSent:]) >= greeting,
	}, true
}
