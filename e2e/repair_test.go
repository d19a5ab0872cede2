package e2e

import (
	"os/exec"
	"strings"
	"time"
)

// loseContainers removes the bot's containers behind its back.
func (b *bot) loseContainers() {
	b.t.Helper()
	names := b.containers()
	if len(names) == 0 {
		b.t.Fatal("there is no container to lose")
	}
	if out, err := exec.Command("docker", append([]string{"rm", "-f"}, names...)...).CombinedOutput(); err != nil {
		b.t.Fatalf("docker rm: %v\n%s", err, out)
	}
}

// awaitRepair returns when an instance has a container again and is said to
// be reachable.
func (b *bot) awaitRepair(name string) {
	b.t.Helper()
	wait(b.t, 90*time.Second, "repaired", func() bool {
		return len(b.containers()) > 0 && strings.Contains(b.ctl("status", name), "is reachable")
	})
}

// wantEnded waits for the end of everything that users started; addresses
// kept ready for the next start may stay.
func (b *bot) wantEnded(secrets ...string) {
	b.t.Helper()
	wait(b.t, 30*time.Second, "without containers", func() bool { return len(b.containers()) == 0 })
	wait(b.t, 15*time.Second, "forgotten", func() bool { return len(b.holding(secrets...)) == 0 })
	b.wantForgotten(secrets...)
}
