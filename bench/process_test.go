package bench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// residentMB is the resident memory of a process, in megabytes of 10^6 bytes.
func residentMB(b *testing.B, pid int) float64 {
	b.Helper()
	mb, err := resident(pid)
	if err != nil {
		b.Fatal(err)
	}
	return mb
}

func resident(pid int) (float64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmRSS:" {
			kb, err := strconv.ParseFloat(f[1], 64)
			return kb * 1024 / 1e6, err
		}
	}
	return 0, fmt.Errorf("process %d has no memory", pid)
}

// clockTick is what /proc counts processor time in; it is the same on every
// Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// processorTime is what a process has used, in user and kernel.
func processorTime(b *testing.B, pid int) time.Duration {
	b.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(data), ") ")
	f := strings.Fields(rest)
	user, err1 := strconv.Atoi(f[11])
	kernel, err2 := strconv.Atoi(f[12])
	if err1 != nil || err2 != nil {
		b.Fatal(err1, err2)
	}
	return time.Duration(user+kernel) * clockTick
}

// tors are the process ids of the bot's tors, by the directory in their
// command line, those that host onions first.
func (o *bot) tors() []int {
	o.b.Helper()
	out, err := exec.Command("pgrep", "-f", "tor .*"+filepath.Join(o.dir, "state", "tor")).Output()
	if err != nil {
		o.b.Fatalf("no tor of the bot: %v", err)
	}
	var pids []int
	for _, field := range strings.Fields(string(out)) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			o.b.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}
