package e2e

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestPausedContainerIsReplaced freezes the container as somebody at the
// engine might.
func TestPausedContainerIsReplaced(t *testing.T) {
	t.Parallel()
	b := newBot(t, twoUsers)
	b.start()
	onion := b.begin("site", "for", "1h")
	mustVisit(t, onion)
	if out, err := exec.Command("docker", append([]string{"pause"}, b.containers()...)...).CombinedOutput(); err != nil {
		t.Fatalf("pause: %v: %s", err, out)
	}
	wait(t, 90*time.Second, "open again, at the same address", func() bool {
		out, _ := b.try("status", "site")
		return strings.Contains(out, "is reachable") && strings.Contains(out, onion) && opens(t, onion)
	})
	if names := b.containers(); len(names) != 1 {
		t.Errorf("containers: %v", names)
	}
}

// TestOwnerReadsHowTheAppEnded ends the app itself, again and again.
func TestOwnerReadsHowTheAppEnded(t *testing.T) {
	t.Parallel()
	b := newBot(t, twoUsers)
	b.start()
	c := b.chat()
	c.say("start site for 1h")
	c.hear(60*time.Second, 0, "is reachable (checked")
	mark := len(c.screen.String())
	wait(t, 90*time.Second, "told: it is down, and why", func() bool {
		for _, pid := range b.apps() {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		return strings.Contains(c.screen.String()[mark:], "its app was ended by signal 9")
	})
}

// apps are the processes of the bot's containers that are not PID 1.
func (b *bot) apps() []int {
	var pids []int
	for _, name := range b.containers() {
		out, err := exec.Command("docker", "top", name, "-o", "pid,args").Output()
		if err != nil {
			continue
		}
		for _, line := range strings.Split(string(out), "\n")[1:] {
			fields := strings.Fields(line)
			if len(fields) < 2 || strings.Contains(line, "onionbot shim") {
				continue
			}
			if pid, err := strconv.Atoi(fields[0]); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}
