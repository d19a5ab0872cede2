// Command attack asks the kernel for what an app has no use for, from inside a
// container, and prints one line for each attempt: what, a tab, the answer.
// With folders as its arguments it prints what can be read in them instead.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// high is a bit that the kernel cuts off most arguments.
const high = 1 << 32

func main() {
	if len(os.Args) > 1 {
		readAll(os.Args[1:])
		return
	}
	sockets()
	calls()
	for _, flag := range namespaces {
		say(fmt.Sprintf("clone %#x", flag), clone(flag))
		say(fmt.Sprintf("clone %#x high", flag), clone(flag|high))
		say(fmt.Sprintf("unshare %#x", flag), call(unix.SYS_UNSHARE, flag))
	}
	foreign()
	fmt.Println("DONE")
}

func say(what string, err error) {
	answer := "allowed"
	var e syscall.Errno
	switch {
	case errors.As(err, &e):
		answer = unix.ErrnoName(e)
	case err != nil:
		answer = err.Error()
	}
	fmt.Printf("%s\t%s\n", what, answer)
}

func call(number uintptr, args ...uintptr) error {
	var a [6]uintptr
	copy(a[:], args)
	if _, _, e := unix.RawSyscall6(number, a[0], a[1], a[2], a[3], a[4], a[5]); e != 0 {
		return e
	}
	return nil
}

// sockets asks for every family, type and protocol, with and without high bits.
func sockets() {
	var pair [2]int32
	try := func(family, kind, protocol uintptr) {
		fd, _, e := unix.RawSyscall(unix.SYS_SOCKET, family, kind, protocol)
		var err error
		if e != 0 {
			err = e
		} else {
			_ = unix.Close(int(fd))
		}
		say(fmt.Sprintf("socket %#x %#x %#x", family, kind, protocol), err)
		err = call(unix.SYS_SOCKETPAIR, family, kind, protocol, uintptr(unsafe.Pointer(&pair)))
		say(fmt.Sprintf("socketpair %#x %#x %#x", family, kind, protocol), err)
	}
	for family := range uintptr(46) {
		for _, kind := range []uintptr{1, 2, 3, 4, 5, 6, 10} {
			try(family, kind, 0)
			try(family|high, kind, 0)
			try(family|1<<63, kind|unix.SOCK_CLOEXEC, 0)
			try(family, kind|high, 0)
			try(family, kind, high)
		}
	}
	for protocol := uintptr(1); protocol < 24; protocol++ {
		try(unix.AF_NETLINK, unix.SOCK_RAW, protocol)
	}
	for _, protocol := range []uintptr{1, 2, 33, 58, 132, 136, 255, 256, 262} {
		for _, family := range []uintptr{unix.AF_INET, unix.AF_INET6} {
			try(family, unix.SOCK_STREAM, protocol)
			try(family, unix.SOCK_DGRAM, protocol)
			try(family, unix.SOCK_RAW, protocol)
		}
	}
}

var namespaces = []uintptr{ //nolint:gochecknoglobals // a table
	unix.CLONE_NEWNS, unix.CLONE_NEWCGROUP, unix.CLONE_NEWUTS, unix.CLONE_NEWIPC,
	unix.CLONE_NEWUSER, unix.CLONE_NEWPID, unix.CLONE_NEWNET,
}

// clone makes a process that ends at once, if it may.
func clone(flags uintptr) error {
	_, err := child(flags, nil)
	return err
}

// child makes a process with the flags and returns its end. A process has one
// thread, so that a filter that kills the thread is seen by its end.
func child(flags uintptr, do func() uintptr) (unix.WaitStatus, error) {
	pid, _, e := unix.RawSyscall6(unix.SYS_CLONE, flags|uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if e != 0 {
		return 0, e
	}
	if pid == 0 {
		var code uintptr
		if do != nil {
			code = do()
		}
		for {
			_, _, _ = unix.RawSyscall(unix.SYS_EXIT_GROUP, code, 0, 0)
		}
	}
	var end unix.WaitStatus
	_, err := unix.Wait4(int(pid), &end, 0, nil)
	return end, err
}

// space is what calls are given that want memory of the program's.
var space [4096]byte

// calls asks for what is not an app's to ask for.
func calls() {
	text, _ := unix.BytePtrFromString("/tmp/x")
	path, buf := uintptr(unsafe.Pointer(text)), uintptr(unsafe.Pointer(&space[0]))
	for _, all := range []map[string]error{othersCalls(path, buf), hostsCalls(path, buf)} {
		for what, err := range all {
			say(what, err)
		}
	}
	runtime.KeepAlive(text)
}

// othersCalls reach for other processes, namespaces and mounts, or past the
// filter of calls.
func othersCalls(path, buf uintptr) map[string]error {
	self := uintptr(os.Getpid())
	return map[string]error{
		"clone3":            call(unix.SYS_CLONE3, buf, 64),
		"setns":             call(unix.SYS_SETNS, 0, 0),
		"io_uring_setup":    call(unix.SYS_IO_URING_SETUP, 8, buf),
		"io_uring_enter":    call(unix.SYS_IO_URING_ENTER, 99, 0, 0, 0),
		"io_uring_register": call(unix.SYS_IO_URING_REGISTER, 99, 0, 0, 0),
		"ptrace":            call(unix.SYS_PTRACE, unix.PTRACE_ATTACH, 1),
		"process_vm_readv":  call(unix.SYS_PROCESS_VM_READV, self, buf, 0, buf, 0, 0),
		"process_vm_writev": call(unix.SYS_PROCESS_VM_WRITEV, self, buf, 0, buf, 0, 0),
		"process_madvise":   call(unix.SYS_PROCESS_MADVISE, 0, buf, 0, 0, 0),
		"kcmp":              call(unix.SYS_KCMP, self, self, 0, 0, 0),
		"pidfd_getfd":       call(unix.SYS_PIDFD_GETFD, 0, 0, 0),
		"bpf":               call(unix.SYS_BPF, 0, buf, 72),
		"keyctl":            call(unix.SYS_KEYCTL, 0, ^uintptr(2), 1),
		"add_key":           call(unix.SYS_ADD_KEY, path, path, 0, 0, ^uintptr(2)),
		"request_key":       call(unix.SYS_REQUEST_KEY, path, path, 0, 0),
		"perf_event_open":   call(unix.SYS_PERF_EVENT_OPEN, buf, 0, ^uintptr(0), ^uintptr(0), 0),
		"userfaultfd":       call(unix.SYS_USERFAULTFD, 1),
		"mount":             call(unix.SYS_MOUNT, path, path, path, 0, 0),
		"umount2":           call(unix.SYS_UMOUNT2, path, 0),
		"pivot_root":        call(unix.SYS_PIVOT_ROOT, path, path),
		"fsopen":            call(unix.SYS_FSOPEN, path, 0),
		"open_tree":         call(unix.SYS_OPEN_TREE, 0, path, 0),
		"move_mount":        call(unix.SYS_MOVE_MOUNT, 0, path, 0, path, 0),
		"mount_setattr":     call(unix.SYS_MOUNT_SETATTR, 0, path, 0, buf, 32),
		"mknodat device":    call(unix.SYS_MKNODAT, 0, path, unix.S_IFCHR|0o600, 0x103),
		"mknodat disk":      call(unix.SYS_MKNODAT, 0, path, unix.S_IFBLK|0o600, 0xfe00),
		"mknodat high":      call(unix.SYS_MKNODAT, 0, path, high|unix.S_IFCHR|0o600, 0x103),
		"name_to_handle_at": call(unix.SYS_NAME_TO_HANDLE_AT, 0, path, buf, buf, 0),
		"open_by_handle_at": call(unix.SYS_OPEN_BY_HANDLE_AT, 0, buf, 0),
		"fanotify_init":     call(unix.SYS_FANOTIFY_INIT, 0x200, 0),
	}
}

// hostsCalls reach for the kernel and the machine.
func hostsCalls(path, buf uintptr) map[string]error {
	return map[string]error{
		"init_module":        call(unix.SYS_INIT_MODULE, buf, 0, path),
		"finit_module":       call(unix.SYS_FINIT_MODULE, 0, path, 0),
		"delete_module":      call(unix.SYS_DELETE_MODULE, path, 0),
		"kexec_load":         call(unix.SYS_KEXEC_LOAD, 0, 0, 0, 0),
		"reboot":             call(unix.SYS_REBOOT, 0, 0, 0, 0),
		"syslog":             call(unix.SYS_SYSLOG, 10, 0, 0),
		"swapon":             call(unix.SYS_SWAPON, path, 0),
		"acct":               call(unix.SYS_ACCT, 0),
		"settimeofday":       call(unix.SYS_SETTIMEOFDAY, 0, 0),
		"clock_settime":      call(unix.SYS_CLOCK_SETTIME, 0, buf),
		"adjtimex":           call(unix.SYS_ADJTIMEX, buf),
		"clock_adjtime":      call(unix.SYS_CLOCK_ADJTIME, 0, buf),
		"sethostname":        call(unix.SYS_SETHOSTNAME, path, 1),
		"setdomainname":      call(unix.SYS_SETDOMAINNAME, path, 1),
		"quotactl":           call(unix.SYS_QUOTACTL, 0, 0, 0, 0),
		"personality":        call(unix.SYS_PERSONALITY, 0x40000),
		"vmsplice":           call(unix.SYS_VMSPLICE, 0, buf, 0, 0),
		"mbind":              call(unix.SYS_MBIND, buf, 0, 0, 0, 0, 0),
		"move_pages":         call(unix.SYS_MOVE_PAGES, 0, 0, 0, 0, 0, 0),
		"get_mempolicy":      call(unix.SYS_GET_MEMPOLICY, 0, 0, 0, 0, 0),
		"memfd_secret":       call(unix.SYS_MEMFD_SECRET, 0),
		"remap_file_pages":   call(unix.SYS_REMAP_FILE_PAGES, buf, 0, 0, 0, 0),
		"statmount":          call(457, buf, buf, 0, 0),
		"listmount":          call(458, buf, buf, 0, 0),
		"disk by ioctl":      askDisk(0x80111500, buf),
		"disk by ioctl high": askDisk(0x80111500|high, buf),
		"label by ioctl":     askDisk(0x81009431, buf),
		"ext4 by ioctl":      askDisk(0x8008662c, buf),
	}
}

// askDisk sends a request about the file system that the host's files lie on.
func askDisk(request, buf uintptr) error {
	fd, err := unix.Open("/onion/control", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	return call(unix.SYS_IOCTL, uintptr(fd), request, buf)
}
