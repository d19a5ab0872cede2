// Command hostile is an app that does not want to end. Its argument says what
// it does against it, from its first visitor on. It listens on port 8080 and
// answers every connection with what the kernel said to its attempts; "hold"
// keeps the connections, too.
//
// From then on it makes system calls only: a Go program that wants another
// thread when there is room for none would end by itself.
package main

import (
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func main() {
	runtime.LockOSThread()
	signal.Ignore(unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
	attack, ok := attacks[os.Args[1]]
	if !ok {
		fmt.Fprintln(os.Stderr, "no such attack")
		os.Exit(1)
	}
	fd, err := listen()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	serve(fd, attack)
}

// attacks by name. Each returns what the kernel said to what was tried, and
// what there is to begin.
var attacks = map[string]func() ([]string, func()){ //nolint:gochecknoglobals // a table
	"hold":        func() ([]string, func()) { return []string{"holding"}, nil },
	"starve":      starve,
	"signals":     floodSignals,
	"limits":      cutLimits,
	"forks":       forkBomb,
	"memory":      eatMemory,
	"descriptors": eatDescriptors,
	"run":         runAway,
}

func listen() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:8080")
	if err != nil {
		return 0, err
	}
	f, err := l.(*net.TCPListener).File()
	if err != nil {
		return 0, err
	}
	return int(f.Fd()), unix.SetNonblock(int(f.Fd()), false)
}

// serve tries what there is to try when the first visitor comes, and answers
// every one.
func serve(fd int, attack func() ([]string, func())) {
	var answer []byte
	for {
		conn, _, e := syscall.RawSyscall6(unix.SYS_ACCEPT4, uintptr(fd), 0, 0, 0, 0, 0)
		if e != 0 {
			continue
		}
		var begin func()
		if answer == nil {
			var said []string
			said, begin = attack()
			answer = []byte(strings.Join(said, "\n") + "\n")
		}
		_, _, _ = syscall.RawSyscall(unix.SYS_WRITE, conn, uintptr(unsafe.Pointer(&answer[0])), uintptr(len(answer)))
		if os.Args[1] == "hold" {
			continue
		}
		_, _, _ = syscall.RawSyscall(unix.SYS_CLOSE, conn, 0, 0)
		if begin != nil {
			begin()
		}
	}
}

func said(what string, e syscall.Errno) string {
	if e == 0 {
		return what + " allowed"
	}
	return what + " " + unix.ErrnoName(e)
}

// times is a beginning: so many processes that each do something, as soon as
// all are there. The first ones would leave no time to make the others.
func times(n int, do func()) func() {
	var ends [2]int
	if err := unix.Pipe(ends[:]); err != nil {
		panic(err)
	}
	gate := make([]byte, n)
	here := uintptr(unsafe.Pointer(&gate[0]))
	return func() {
		for range n {
			spawn(uintptr(ends[0]), here, do)
		}
		_, _, _ = syscall.RawSyscall(unix.SYS_WRITE, uintptr(ends[1]), here, uintptr(n))
	}
}

// spawn makes a process that waits for a byte of the gate and does something
// that never returns. It and what it does must not look at the stack's bounds:
// that is where Go's scheduler steps in, of which a new process has none.
//
//go:nosplit
func spawn(gate, here uintptr, do func()) {
	if clone() == 0 {
		_, _, _ = syscall.RawSyscall(unix.SYS_READ, gate, here, 1)
		do()
	}
}

// clone is fork(2): 0 in the new process, negative if there is none.
//
//go:nosplit
func clone() int {
	pid, _, e := syscall.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if e != 0 {
		return -1
	}
	return int(pid)
}
