package escape

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// processes would look into PID 1, or get at it.
func processes() []attempt {
	one := uintptr(1)
	all := []attempt{
		{what: "trace PID 1", try: ask(syscall.SYS_PTRACE, syscall.PTRACE_ATTACH, one)},
		{what: "read the memory of PID 1", try: ask(sysProcessVMRead, one, buf(), 0, buf(), 0, 0)},
		{what: "compare with PID 1", try: ask(sysKcmp, one, uintptr(os.Getpid()), 0, 0, 0)},
		{what: "take a descriptor of PID 1", try: ask(sysPidfdGetfd, 0, 0, 0)},
		{what: "signal to PID 1", try: func() error { return syscall.Kill(1, 0) }},
		{what: "priority of PID 1", try: func() error { return syscall.Setpriority(syscall.PRIO_PROCESS, 1, 0) }},
		{what: "limits of PID 1", try: ask(syscall.SYS_PRLIMIT64, one, syscall.RLIMIT_NOFILE, 0, buf())},
		{what: "processors of PID 1", try: func() error {
			mask := uintptr(1)
			_, _, e := syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, one, unsafe.Sizeof(mask), uintptr(unsafe.Pointer(&mask))) //nolint:gosec // the one way without a dependency
			return asError(e)
		}},
		{what: "real-time priority", try: func() error {
			priority := int32(1)
			_, _, e := syscall.RawSyscall(syscall.SYS_SCHED_SETSCHEDULER, 0, 1, uintptr(unsafe.Pointer(&priority))) //nolint:gosec // as above
			return asError(e)
		}},
	}
	for _, file := range []string{"environ", "mem", "maps", "fd/0", "root/etc", "cwd", "exe"} {
		all = append(all, attempt{what: "open " + file + " of PID 1", closed: absence, try: func() error {
			f, err := os.Open(filepath.Join("/proc/1", file))
			if err == nil {
				_, err = f.Stat()
				_ = f.Close()
			}
			return err
		}})
	}
	return append(all, attempt{what: "a descriptor of the host", try: inherited})
}

func asError(e syscall.Errno) error {
	if e == 0 {
		return nil
	}
	return e
}

// inherited finds directories that whoever started this has left open: one of
// the host's leads out of any container.
func inherited() error {
	const fds = "/proc/self/fd"
	entries, err := os.ReadDir(fds)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := os.Stat(filepath.Join(fds, e.Name()))
		to, _ := os.Readlink(filepath.Join(fds, e.Name()))
		if err == nil && info.IsDir() && !strings.HasPrefix(to, "/proc/") {
			return nil
		}
	}
	return errClosed
}

// users would be somebody else.
func users() []attempt {
	all := []attempt{
		{what: "more capabilities", try: func() error {
			head := struct {
				version uint32
				pid     int32
			}{version: 0x20080522}
			sets := [6]uint32{1 << 21, 1 << 21, 0, 0, 0, 0}                                                                         // SYS_ADMIN
			_, _, e := syscall.RawSyscall(syscall.SYS_CAPSET, uintptr(unsafe.Pointer(&head)), uintptr(unsafe.Pointer(&sets[0])), 0) //nolint:gosec // as above
			return asError(e)
		}},
		{what: "a program with the right to be root", try: setuidProgram},
	}
	if os.Getuid() != 0 {
		all = append(all,
			attempt{what: "be root", try: ask(syscall.SYS_SETUID, 0)},
			attempt{what: "be root's group", try: ask(syscall.SYS_SETGID, 0)},
			attempt{what: "other groups", try: ask(syscall.SYS_SETGROUPS, 1, buf())})
	}
	return all
}

// setuidProgram runs a program of the image that has the bit to be root and
// looks whether it is. One that waits for a password stays to be looked at.
func setuidProgram() error {
	for _, path := range []string{"/bin/su", "/usr/bin/su", "/usr/bin/passwd", "/usr/bin/newgrp", "/usr/bin/chsh", "/bin/mount"} {
		info, err := os.Stat(path)
		if err != nil || info.Mode()&os.ModeSetuid == 0 || os.Getuid() == 0 {
			continue
		}
		in, hold, err := os.Pipe()
		if err != nil {
			return err
		}
		p, err := os.StartProcess(path, []string{path}, &os.ProcAttr{Files: []*os.File{in, nil, nil}})
		if err != nil {
			return err
		}
		var status []byte
		for range 20 {
			if status, err = os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.Pid), "status")); err != nil || isRoot(string(status)) {
				break
			}
			time.Sleep(time.Millisecond)
		}
		_, _, _ = hold.Close(), in.Close(), p.Kill()
		_, _ = p.Wait()
		if isRoot(string(status)) {
			return nil
		}
	}
	return errClosed
}

// isRoot reads the effective user from a process's status.
func isRoot(status string) bool {
	_, rest, _ := strings.Cut(status, "\nUid:")
	words := strings.Fields(rest)
	return len(words) > 1 && words[1] == "0"
}
