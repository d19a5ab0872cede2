package selftest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const mountInfo = "/proc/self/mountinfo"

// engines are where container engines mount files of their own making.
var engines = []string{ //nolint:gochecknoglobals // a table
	"/", "/proc", "/sys", "/dev", "/etc/resolv.conf", "/etc/hosts", "/etc/hostname", "/etc/passwd", "/etc/group", "/run/.containerenv", "/run/secrets",
}

// virtual are file systems that hold nothing of a disk.
var virtual = []string{ //nolint:gochecknoglobals // a table
	"proc", "sysfs", "tmpfs", "devtmpfs", "devpts", "mqueue", "cgroup", "cgroup2",
}

// files finds files of the host.
func (f *findings) files(paths []string) {
	for _, p := range paths {
		if _, err := os.Lstat(p); err == nil {
			f.add("the host's file %s", p)
		}
	}
}

// mounts finds what is mounted and was not asked for. It is the one way in
// which anything of the host gets into a container.
func (f *findings) mounts(list string, expected []string) {
	data, err := os.ReadFile(list)
	if err != nil {
		f.add("the list of mounts cannot be read: %v", err)
		return
	}
	expected = resolve(expected)
	for line := range strings.Lines(string(data)) {
		at, kind := parseMount(line)
		switch {
		case slices.Contains(engines, at), slices.Contains(expected, at):
		case inKernels(at) && slices.Contains(virtual, kind):
		default:
			f.add("a mount at %s", at)
		}
	}
}

// resolve adds to paths where the image's links lead: engines follow those when
// they mount.
func resolve(paths []string) []string {
	var all []string
	for _, p := range paths {
		all = append(all, filepath.Clean(p))
		if real, err := filepath.EvalSymlinks(p); err == nil {
			all = append(all, real)
		}
	}
	return all
}

// parseMount reads where something is mounted, and its file system, from a line
// of mountinfo.
func parseMount(line string) (at, kind string) {
	before, after, _ := strings.Cut(line, " - ")
	words, types := strings.Fields(before), strings.Fields(after)
	if len(words) < 5 || len(types) < 1 {
		return line, ""
	}
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(words[4]), types[0]
}

// inKernels reports whether a path is one of the kernel's own trees.
func inKernels(at string) bool {
	return strings.HasPrefix(at, "/proc/") || strings.HasPrefix(at, "/sys/") || strings.HasPrefix(at, "/dev/")
}

// usualDevices are what every container has in /dev.
var usualDevices = []string{ //nolint:gochecknoglobals // a table
	"console", "core", "fd", "full", "mqueue", "null", "ptmx", "pts", "random",
	"shm", "stderr", "stdin", "stdout", "tty", "urandom", "zero",
}

// devices finds those of the host.
func (f *findings) devices() {
	entries, err := os.ReadDir("/dev")
	if err != nil {
		return
	}
	for _, e := range entries {
		if !slices.Contains(usualDevices, e.Name()) {
			f.add("the device %s", filepath.Join("/dev", e.Name()))
		}
	}
}
