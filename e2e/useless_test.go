package e2e

import (
	"os/exec"
	"strings"
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
