package escape

import (
	"syscall"
	"unsafe"
)

// System calls that have the same number everywhere.
const (
	sysIOUring      = 425
	sysOpenTree     = 428
	sysMoveMount    = 429
	sysFsopen       = 430
	sysClone3       = 435
	sysPidfdGetfd   = 438
	sysMountSetattr = 442
	sysMemfdSecret  = 447
)

// space is what calls are given that want memory, and path one that wants a name.
var (
	space [4096]byte                    //nolint:gochecknoglobals // for the kernel alone
	path  = append([]byte("/tmp/x"), 0) //nolint:gochecknoglobals // as above
)

func buf() uintptr  { return uintptr(unsafe.Pointer(&space[0])) } //nolint:gosec // it never moves
func name() uintptr { return uintptr(unsafe.Pointer(&path[0])) }  //nolint:gosec // as above

// ask makes a system call. Of one that has no number here nothing is to be feared.
func ask(number uintptr, args ...uintptr) func() error {
	return func() error {
		if number == 0 {
			return errClosed
		}
		var a [6]uintptr
		copy(a[:], args)
		if _, _, e := syscall.RawSyscall6(number, a[0], a[1], a[2], a[3], a[4], a[5]); e != 0 {
			return e
		}
		return nil
	}
}

// mounts would change what is where.
func mounts() []attempt {
	return []attempt{
		{what: "mount", try: ask(syscall.SYS_MOUNT, name(), name(), name(), 0, 0)},
		{what: "mount again, writable", try: func() error { return syscall.Mount("", "/", "", syscall.MS_REMOUNT, "") }},
		{what: "umount", try: ask(syscall.SYS_UMOUNT2, name(), 0)},
		{what: "pivot_root", try: ask(syscall.SYS_PIVOT_ROOT, name(), name())},
		{what: "fsopen", try: ask(sysFsopen, name(), 0)},
		{what: "open_tree", try: ask(sysOpenTree, 0, name(), 0)},
		{what: "move_mount", try: ask(sysMoveMount, 0, name(), 0, name(), 0)},
		{what: "mount_setattr", try: ask(sysMountSetattr, 0, name(), 0, buf(), 32)},
		{what: "chroot", try: func() error { return syscall.Chroot("/") }},
		{what: "file by its handle", try: ask(sysOpenByHandle, 0, buf(), 0)},
		{what: "handle of a file", try: ask(sysNameToHandle, 0, name(), buf(), buf(), 0)},
	}
}

// namespaces would have rights in a world of their own.
func namespaces() []attempt {
	kinds := []struct {
		name string
		flag uintptr
	}{
		{"mount", syscall.CLONE_NEWNS},
		{"uts", syscall.CLONE_NEWUTS},
		{"ipc", syscall.CLONE_NEWIPC},
		{"user", syscall.CLONE_NEWUSER},
		{"pid", syscall.CLONE_NEWPID},
		{"network", syscall.CLONE_NEWNET},
		{"cgroup", 0x02000000},
	}
	all := []attempt{
		{what: "clone3", try: ask(sysClone3, buf(), 64)},
		{what: "setns", try: ask(sysSetns, 0, 0)},
	}
	for _, k := range kinds {
		all = append(all,
			attempt{what: "new " + k.name + " namespace by unshare", try: ask(syscall.SYS_UNSHARE, k.flag)},
			attempt{what: "new " + k.name + " namespace by clone", try: func() error { return clone(k.flag) }})
	}
	return all
}

// clone makes a process that ends at once, if it may.
func clone(flags uintptr) error {
	pid, _, e := syscall.RawSyscall6(syscall.SYS_CLONE, flags|uintptr(syscall.SIGCHLD), 0, 0, 0, 0, 0)
	if e != 0 {
		return e
	}
	for pid == 0 {
		_, _, _ = syscall.RawSyscall(syscall.SYS_EXIT_GROUP, 0, 0, 0)
	}
	_, _ = syscall.Wait4(int(pid), nil, 0, nil)
	return nil
}

// kernel would hand the kernel something to do, or to run.
func kernel() []attempt {
	const any = ^uintptr(0)
	return []attempt{
		{what: "bpf", try: ask(sysBPF, 0, buf(), 72)},
		{what: "io_uring", try: ask(sysIOUring, 8, buf())},
		{what: "perf_event_open", try: ask(syscall.SYS_PERF_EVENT_OPEN, buf(), 0, any, any, 0)},
		{what: "userfaultfd", try: ask(sysUserfaultfd, 1)},
		{what: "keyctl", try: ask(syscall.SYS_KEYCTL, 0, any-2, 1)},
		{what: "add_key", try: ask(syscall.SYS_ADD_KEY, name(), name(), 0, 0, any-2)},
		{what: "request_key", try: ask(syscall.SYS_REQUEST_KEY, name(), name(), 0, 0)},
		{what: "load a module", try: ask(syscall.SYS_INIT_MODULE, buf(), 0, name())},
		{what: "load a module from a file", try: ask(sysFinitModule, 0, name(), 0)},
		{what: "unload a module", try: ask(syscall.SYS_DELETE_MODULE, name(), 0)},
		{what: "kexec", try: ask(syscall.SYS_KEXEC_LOAD, 0, 0, 0, 0)},
		{what: "kexec from a file", try: ask(sysKexecFileLoad, 0, 0, 0, 0, 0)},
		{what: "the kernel's log", try: ask(syscall.SYS_SYSLOG, 10, 0, 0)},
		{what: "swap", try: ask(syscall.SYS_SWAPON, name(), 0)},
		{what: "accounting of processes", try: ask(syscall.SYS_ACCT, name())},
		{what: "the clock", try: ask(syscall.SYS_CLOCK_SETTIME, 0, 0)},
		{what: "the clock's pace", try: ask(syscall.SYS_ADJTIMEX, buf())},
		{what: "the host's name", try: ask(syscall.SYS_SETHOSTNAME, name(), any)},
		{what: "quotas", try: ask(syscall.SYS_QUOTACTL, 0, 0, 0, 0)},
		{what: "addresses that are not random", try: ask(syscall.SYS_PERSONALITY, 0x40000)},
		{what: "memory that the kernel cannot see", try: ask(sysMemfdSecret, 0)},
		{what: "ports of the machine", try: ask(sysMoveOwnPort, 0)},
		{what: "fanotify", try: ask(syscall.SYS_FANOTIFY_INIT, 0x200, 0)},
	}
}
