package escape

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// sockets would see or send what is not the app's.
func sockets() []attempt {
	const vsock, alg = 40, 38
	socket := func(family, kind, protocol int) func() error {
		return func() error {
			fd, err := syscall.Socket(family, kind, protocol)
			if err == nil {
				_ = syscall.Close(fd)
			}
			return err
		}
	}
	return []attempt{
		{what: "raw socket", try: socket(syscall.AF_INET, syscall.SOCK_RAW, syscall.IPPROTO_ICMP)},
		{what: "ping socket", try: socket(syscall.AF_INET, syscall.SOCK_DGRAM, syscall.IPPROTO_ICMP)},
		{what: "packet socket", try: socket(syscall.AF_PACKET, syscall.SOCK_RAW, 0)},
		{what: "vsock", try: socket(vsock, syscall.SOCK_STREAM, 0)},
		{what: "the kernel's ciphers", try: socket(alg, syscall.SOCK_SEQPACKET, 0)},
		{what: "the host's events", try: socket(syscall.AF_NETLINK, syscall.SOCK_RAW, syscall.NETLINK_KOBJECT_UEVENT)},
	}
}

// devices would read or write memory, disks and terminals of the host.
func devices() []attempt {
	node := func(mode uint32, dev int) func() error {
		return func() error {
			err := errClosed
			for _, dir := range []string{"/tmp", "/run", "/dev/shm", "/var/tmp"} {
				p := filepath.Join(dir, ".escape")
				if err = syscall.Mknod(p, mode|0o600, dev); err == nil {
					return os.Remove(p)
				}
			}
			return err
		}
	}
	all := []attempt{
		{what: "make the device of the memory", try: node(syscall.S_IFCHR, 0x101), closed: absence},
		{what: "make the device of a disk", try: node(syscall.S_IFBLK, 0xfe00), closed: absence},
		// Written to a terminal as if somebody had typed it.
		{what: "type at the terminal", try: ask(syscall.SYS_IOCTL, 0, syscall.TIOCSTI, buf()), closed: append([]syscall.Errno{syscall.ENOTTY}, absence...)},
	}
	for _, d := range []string{"mem", "kmem", "port", "kmsg", "sda", "vda", "nvme0n1", "fuse", "kvm", "net/tun", "vsock", "vhost-vsock", "tty", "console", "tty0", "ptmx0", "loop-control", "mapper/control"} {
		all = append(all, opens("/dev/"+d, os.O_RDONLY))
	}
	return all
}

// opens is the attempt to open a file.
func opens(path string, how int) attempt {
	verb := "read "
	if how != os.O_RDONLY {
		verb = "write "
	}
	return attempt{what: verb + path, closed: absence, try: func() error {
		f, err := os.OpenFile(path, how|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 && !strings.HasPrefix(path, "/dev/") {
			return errClosed // masked by the device that takes and gives nothing
		}
		if how == os.O_RDONLY && strings.HasPrefix(path, "/proc/") {
			return empty(f)
		}
		return nil
	}}
}

// empty reports a file that was masked: it opens and holds nothing.
func empty(f *os.File) error {
	b := make([]byte, 64)
	n, err := f.Read(b)
	if n == 0 || len(bytes.Trim(b[:n], "0 \t\n")) == 0 {
		return errClosed
	}
	return err
}

// settings are files by which the kernel is told what to do.
func settings() []attempt {
	var all []attempt
	for _, p := range []string{
		"/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sys/kernel/modprobe", "/proc/sys/vm/drop_caches",
		"/proc/sys/net/ipv4/ip_forward", "/proc/sys/fs/binfmt_misc/register", "/proc/sysrq-trigger", "/proc/1/oom_score_adj", "/proc/1/mem",
		"/sys/kernel/uevent_helper", "/sys/kernel/profiling", "/sys/power/state", "/sys/firmware/efi/efivars", "/sys/block/sda/uevent",
		"/sys/fs/cgroup/release_agent", "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/pids.max",
		"/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/pids/pids.max", "/sys/fs/cgroup/devices/devices.allow",
		"/sys/fs/cgroup/rdma/release_agent", "/sys/fs/cgroup/memory/release_agent",
		"/onion/control/deadline", "/onion/onionbot", "/etc/passwd", "/etc/resolv.conf", "/etc/hosts",
	} {
		all = append(all, opens(p, os.O_WRONLY))
	}
	for _, p := range []string{"/proc/kcore", "/proc/kmsg", "/proc/kallsyms", "/proc/keys", "/proc/timer_list", "/proc/iomem"} {
		all = append(all, opens(p, os.O_RDONLY))
	}
	return all
}

// places are directories in which nothing may be made: all that are no memory
// of the app's own.
func places() []attempt {
	dirs := []string{"/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/media", "/mnt", "/opt", "/proc", "/root", "/sbin", "/srv", "/sys", "/usr", "/var", "/var/lib", "/onion"}
	data, _ := os.ReadFile("/proc/self/mountinfo")
	var memory []string
	for line := range strings.Lines(string(data)) {
		before, after, _ := strings.Cut(line, " - ")
		words := strings.Fields(before)
		if len(words) < 5 {
			continue
		}
		if strings.HasPrefix(after, "tmpfs ") || strings.HasPrefix(after, "mqueue ") {
			memory = append(memory, words[4])
		} else {
			dirs = append(dirs, words[4])
		}
	}
	var all []attempt
	for _, dir := range slices.Compact(slices.Sorted(slices.Values(dirs))) {
		if slices.Contains(memory, dir) && !strings.HasPrefix(dir, "/sys") && !strings.HasPrefix(dir, "/proc") && dir != "/dev" {
			continue
		}
		all = append(all, attempt{what: InPlace(dir), closed: absence, try: func() error { return makeFile(dir) }})
	}
	return all
}

// InPlace is what an attempt to make a file in a directory is called.
func InPlace(dir string) string { return "make a file in " + dir }

func makeFile(dir string) error {
	f, err := os.CreateTemp(dir, ".escape")
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return errClosed
		}
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
