package selftest

import (
	"maps"
	"math/bits"
	"os"
	"slices"
	"strconv"
	"strings"
)

// capNames are the kernel's, by their numbers.
var capNames = strings.Fields(capabilities) //nolint:gochecknoglobals // a table

const capabilities = `
	CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE
	NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE
	SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE
	AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF
	CHECKPOINT_RESTORE`

// privileges finds what the app may do beyond an ordinary program.
func (f *findings) privileges(allowed []string) {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		f.add("the privileges cannot be read: %v", err)
		return
	}
	f.status(string(data), allowed)
}

// status reads a process's status.
func (f *findings) status(text string, allowed []string) {
	fields := make(map[string]string)
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(line, ":")
		fields[name] = strings.TrimSpace(value)
	}
	if fields["Seccomp"] != "2" {
		f.add("all system calls: they are not filtered")
	}
	if fields["NoNewPrivs"] != "1" {
		f.add("new privileges by running another program")
	}
	if fields["Groups"] != "" {
		f.add("the groups %s", fields["Groups"])
	}
	var more []string
	for _, set := range []string{"CapEff", "CapPrm", "CapBnd", "CapAmb"} {
		mask, err := strconv.ParseUint(fields[set], 16, 64)
		if err != nil {
			f.add("the capabilities cannot be read")
		}
		for ; mask != 0; mask &= mask - 1 {
			name := capName(bits.TrailingZeros64(mask))
			if !slices.Contains(allowed, name) && !slices.Contains(more, name) {
				more = append(more, name)
			}
		}
	}
	if len(more) > 0 {
		f.add("the capabilities %s", strings.Join(more, ", "))
	}
}

func capName(n int) string {
	if n < len(capNames) {
		return capNames[n]
	}
	return strconv.Itoa(n)
}

// namespaces finds those that the container shares with the bot, and thereby
// with the host: its network, processes, mounts, names.
func (f *findings) namespaces(bots map[string]string) {
	for _, kind := range slices.Sorted(maps.Keys(bots)) {
		id := bots[kind]
		if mine, err := os.Readlink("/proc/self/ns/" + kind); err == nil && mine == id {
			f.add("the host's namespace %s", kind)
		}
	}
	if os.Getppid() != 1 {
		f.add("the host's processes: PID 1 is not the container's own")
	}
}
