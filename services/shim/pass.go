package shim

import (
	"cmp"
	"errors"
	"net"
	"sync"
	"syscall"
)

// chunk is how much of what one side has said is in here at a time, in bytes.
const chunk = 8 << 10

// chunks are the memory for it. A connection has some only while something is
// on its way.
var chunks = sync.Pool{New: func() any { return new([chunk]byte) }} //nolint:gochecknoglobals // memory to use again

// pass copies what src says to dst, until its end. splice(2), which io.Copy
// would use, spares the copy; but what it has taken from one side and not yet
// given to the other waits in pipes of up to a megabyte, which count as the
// container's memory: visitors who pour and apps that do not listen would be
// the container's end.
func pass(dst, src net.Conn) error {
	raw, err := src.(syscall.Conn).SyscallConn()
	if err != nil {
		return err
	}
	for {
		buf, n, err := take(raw)
		if n > 0 {
			_, err = dst.Write(buf[:n])
		}
		if buf != nil {
			chunks.Put(buf)
		}
		if n == 0 || err != nil {
			return err
		}
	}
}

// take waits until something has been said, and only then takes memory for it.
// Nothing and no error is the end.
func take(raw syscall.RawConn) (buf *[chunk]byte, n int, err error) {
	failed := raw.Read(func(fd uintptr) (done bool) {
		buf = chunks.Get().(*[chunk]byte)
		for {
			if n, err = syscall.Read(int(fd), buf[:]); !errors.Is(err, syscall.EINTR) {
				break
			}
		}
		if errors.Is(err, syscall.EAGAIN) {
			chunks.Put(buf)
			buf = nil
			return false
		}
		return true
	})
	return buf, max(n, 0), cmp.Or(failed, err)
}
