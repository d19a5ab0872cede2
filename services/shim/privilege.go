package shim

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"syscall"
	"unsafe"
)

// Numbers of linux/prctl.h and linux/capability.h that package syscall lacks.
const (
	prSetDumpable   = 4
	prCapBSetRead   = 23
	prCapBSetDrop   = 24
	prSetNoNewPrivs = 38
	capVersion3     = 0x20080522
	lastCap         = 63 // the kernel says where they really end
)

// ownCaps are the capabilities that PID 1 needs for itself: to start the app as
// another user, without any, and to end it.
var ownCaps = map[string]int{"KILL": 5, "SETGID": 6, "SETUID": 7, "SETPCAP": 8} //nolint:gochecknoglobals // never changes

// OwnCaps are the names of the capabilities that the shim needs as PID 1.
func OwnCaps() []string { return []string{"KILL", "SETGID", "SETPCAP", "SETUID"} }

// niceness of the app. It counts inside the container only, where the app
// shares its part of the processor with PID 1 and with nobody else: PID 1 gets
// its turn however many processes the app has.
const niceness = 19

// harden keeps processes without privileges from tracing the shim, reading its
// memory or opening its descriptors. The app gets the default back by exec.
func harden() {
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, prSetDumpable, 0, 0)
}

// forkAs starts a program as the user: no capability but the user's, none to
// be had by running another program, no other groups. With no user it is
// started as the shim itself.
func forkAs(u *User, path string, argv []string, attr *syscall.ProcAttr) (pid int, err error) {
	if u == nil {
		return syscall.ForkExec(path, argv, attr)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		// What is given up belongs to a thread and is inherited from it. The
		// thread ends with this goroutine, which never unlocks it.
		runtime.LockOSThread()
		var keep []uintptr
		if keep, err = lower(u.Caps); err != nil {
			return
		}
		attr.Sys.Credential = &syscall.Credential{Uid: u.UID, Gid: u.GID, Groups: []uint32{}}
		if u.UID != 0 {
			attr.Sys.AmbientCaps = keep
		}
		pid, err = forkExpendable(path, argv, attr)
	}()
	<-done
	return pid, err
}

// lower takes from this thread what its child must not have. It returns the
// capabilities that stay: those that the container has beside PID 1's own, and
// of these the ones that are named.
func lower(named []string) (keep []uintptr, err error) {
	for c := range lastCap + 1 {
		has, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prCapBSetRead, uintptr(c), 0)
		if errno != 0 {
			break // the kernel knows no more
		}
		if has == 0 {
			continue
		}
		if !isOwn(c) || slices.ContainsFunc(named, func(n string) bool { own, ok := ownCaps[n]; return ok && own == c }) {
			keep = append(keep, uintptr(c))
			continue
		}
		if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prCapBSetDrop, uintptr(c), 0); errno != 0 {
			return nil, fmt.Errorf("give up a capability: %w", errno)
		}
	}
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, prSetNoNewPrivs, 1, 0, 0, 0, 0); errno != 0 {
		return nil, fmt.Errorf("no new privileges: %w", errno)
	}
	caps, err := getCaps()
	if err != nil {
		return nil, err
	}
	caps.low.inheritable, caps.high.inheritable = 0, 0
	return keep, caps.set(false)
}

func isOwn(c int) bool {
	for _, own := range ownCaps {
		if own == c {
			return true
		}
	}
	return false
}

// forkExpendable starts a program that the kernel prefers to PID 1 when memory
// runs out, and that gives way to it on the processor. Both are for good
// measure: without them PID 1 is later, not lost.
func forkExpendable(path string, argv []string, attr *syscall.ProcAttr) (int, error) {
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, niceness) // of this thread
	const score = "/proc/self/oom_score_adj"                   // of the whole process: there and back
	old, err := os.ReadFile(score)
	if err == nil && os.WriteFile(score, []byte("1000"), 0) == nil {
		defer func() { _ = os.WriteFile(score, old, 0) }() //nolint:gosec // the path is fixed
	}
	return syscall.ForkExec(path, argv, attr)
}

// dropForkCaps gives up, once the app runs, what only its start was for.
func dropForkCaps() {
	caps, err := getCaps()
	if err != nil {
		return
	}
	kill := uint32(1) << ownCaps["KILL"]
	caps.low = capSets{effective: kill & caps.low.effective, permitted: kill & caps.low.permitted}
	caps.high = capSets{}
	_ = caps.set(true)
}

// capSets are 32 capabilities as the kernel takes them.
type capSets struct{ effective, permitted, inheritable uint32 }

type threadCaps struct{ low, high capSets }

type capHeader struct {
	version uint32
	pid     int32
}

func getCaps() (*threadCaps, error) {
	var caps threadCaps
	head := capHeader{version: capVersion3}
	_, _, errno := syscall.RawSyscall(syscall.SYS_CAPGET, uintptr(unsafe.Pointer(&head)), uintptr(unsafe.Pointer(&caps)), 0) //nolint:gosec // the one way without a dependency
	if errno != 0 {
		return nil, fmt.Errorf("read the capabilities: %w", errno)
	}
	return &caps, nil
}

// set makes them those of this thread, or of all.
func (c *threadCaps) set(everywhere bool) error {
	head := capHeader{version: capVersion3}
	var errno syscall.Errno
	if everywhere {
		_, _, errno = syscall.AllThreadsSyscall(syscall.SYS_CAPSET, uintptr(unsafe.Pointer(&head)), uintptr(unsafe.Pointer(c)), 0) //nolint:gosec // as above
	} else {
		_, _, errno = syscall.RawSyscall(syscall.SYS_CAPSET, uintptr(unsafe.Pointer(&head)), uintptr(unsafe.Pointer(c)), 0) //nolint:gosec // as above
	}
	if errno != 0 {
		return fmt.Errorf("set the capabilities: %w", errno)
	}
	return nil
}

// EndAll ends every process of the container but PID 1. The runtime runs it
// inside when PID 1 itself is kept from ending. Outside of a container of
// onionbot's it does nothing.
func EndAll() error {
	first, err := os.ReadFile("/proc/1/cmdline")
	if err != nil {
		return err
	}
	if want := Program + "\x00shim\x00"; len(first) < len(want) || string(first[:len(want)]) != want {
		return errors.New("this is not a container of onionbot's")
	}
	if err := syscall.Kill(-1, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}
