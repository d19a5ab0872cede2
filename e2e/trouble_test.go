package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// chat is a session of "onionbot chat".
type chat struct {
	t      *testing.T
	in     io.WriteCloser
	screen *syncBuffer
}

// chat opens a session that ends with the test.
func (b *bot) chat() *chat {
	b.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, shared.binary, "chat", "--config", filepath.Join(b.dir, "config.toml"))
	c := &chat{t: b.t, screen: &syncBuffer{}}
	cmd.Stdout, cmd.Stderr = c.screen, c.screen
	in, err := cmd.StdinPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	c.in = in
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { cancel(); _ = cmd.Wait() })
	return c
}

func (c *chat) say(line string) {
	c.t.Helper()
	if _, err := io.WriteString(c.in, line+"\n"); err != nil {
		c.t.Fatal(err)
	}
}

// hear waits until a text has appeared, after what was there at mark.
func (c *chat) hear(limit time.Duration, mark int, texts ...string) {
	c.t.Helper()
	wait(c.t, limit, fmt.Sprintf("said: %q", texts), func() bool {
		for _, text := range texts {
			if strings.Contains(c.screen.String()[mark:], text) {
				return true
			}
		}
		return false
	})
}

// TestLostContainersAreReplacedAndTheOwnerIsTold removes the container again
// and again, until its owner hears of it.
func TestLostContainersAreReplacedAndTheOwnerIsTold(t *testing.T) {
	t.Parallel()
	b := newBot(t, twoUsers)
	b.start()
	c := b.chat()
	c.say("start site for 1h")
	c.hear(60*time.Second, 0, "is reachable (checked")
	onion := address(t, c.screen.String())
	mark := len(c.screen.String())
	wait(t, 90*time.Second, "told: it is down", func() bool {
		if names := b.containers(); len(names) > 0 {
			_ = exec.Command("docker", append([]string{"rm", "-f"}, names...)...).Run()
		}
		return strings.Contains(c.screen.String()[mark:], "is not reachable right now")
	})
	mark = len(c.screen.String())
	c.hear(2*time.Minute, mark, "is reachable again")
	mustVisit(t, onion)
	if status := b.ctl("status", "site"); !strings.Contains(status, onion) {
		t.Errorf("another address: %s", status)
	}
	if names := b.containers(); len(names) != 1 {
		t.Errorf("containers: %v", names)
	}
	t.Logf("the owner read:\n%s", strings.ReplaceAll(c.screen.String(), onion, "….onion"))
}

// TestFullDiskIsSaidAndExpiryHolds fills the disk of the state directory.
func TestFullDiskIsSaidAndExpiryHolds(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t)
	b := newBot(t, twoUsers)
	state := filepath.Join(b.dir, "state")
	if err := os.Symlink(disk, state); err != nil {
		t.Fatal(err)
	}
	b.start()
	began := time.Now()
	onion := b.begin("site", "for", briefly)
	cut := hold(t, onion, 80)
	fill(t, filepath.Join(state, "filler"))

	wait(t, 60*time.Second, "saying that the disk is full", func() bool {
		out, _ := b.try("status")
		return strings.Contains(out, "cannot be written to") || strings.Contains(out, "disk refuses writes")
	})
	if out, err := b.try("start", "site", "as", "second"); err == nil || onionAddress.MatchString(out) || strings.TrimSpace(out) == "" {
		t.Errorf("a start that cannot be kept: %v, %s", err, out)
	}
	mustVisit(t, onion)
	select {
	case at := <-cut:
		if late := at.Sub(began.Add(brief)); late < -2*time.Second || late > 7*time.Second {
			t.Errorf("cut %v from its deadline", late)
		}
	case <-time.After(90 * time.Second):
		t.Fatal("it outlived its deadline because of a full disk")
	}
	wait(t, 45*time.Second, "taken down", func() bool { return len(b.containers()) == 0 })
	if !b.alive() {
		t.Fatalf("the daemon fell\n%s", b.log)
	}

	if err := os.Remove(filepath.Join(state, "filler")); err != nil {
		t.Fatal(err)
	}
	wait(t, 90*time.Second, "well again", func() bool {
		out, err := b.try("status")
		return err == nil && !strings.Contains(out, "cannot be written to") && !strings.Contains(out, "refuses writes")
	})
	wait(t, 120*time.Second, "gone, with its row", func() bool { return strings.Contains(b.ctl("list"), "Nothing is running") })
	b.wantEnded(onion)
	mustVisit(t, b.begin("site", "for", "2m"))
}

// smallDisk is a file system of its own that is easily filled.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "obdisk")
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("onionbot-e2e", dir, "tmpfs", 0, "size=24m,mode=0700"); err != nil {
		t.Fatalf("a small disk for the state directory needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
		_ = os.Remove(dir)
	})
	return dir
}

// fill writes until nothing more fits.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, size := range []int{1 << 20, 4096, 1} {
		for chunk := make([]byte, size); ; {
			if _, err := f.Write(chunk); errors.Is(err, syscall.ENOSPC) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}
}
