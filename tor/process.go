package tor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A managed tor is found by its command line, `tor … -f <our torrc>`, in
// /proc: that is true at every moment, needs no pid file that could be stale,
// and a recycled pid cannot deceive it. That two tors never share a data
// directory is besides seen to by tor's own lock in it.

// child is a tor that this process has started.
type child struct {
	pid  int
	done chan struct{} // closed when it has ended and is reaped
	how  string        // it ended; set before done is closed
}

// ended is closed when the tor has ended. It is nil, so never closed, for a
// tor that is not our child.
func (c *child) ended() <-chan struct{} {
	if c == nil {
		return nil
	}
	return c.done
}

// execLimit bounds the wait until a started process shows its own command line.
const execLimit = 5 * time.Second

// startProcess starts a tor that outlives us: in a session of its own, its
// output in a file.
func startProcess(ctx context.Context, tor string, pl place, who Account) (*child, error) {
	output, err := os.OpenFile(pl.output, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	defer output.Close()

	// No CommandContext: the process lives longer than any call of ours.
	cmd := exec.Command(tor, "--defaults-torrc", os.DevNull, "-f", pl.torrc, "--hush") //nolint:noctx // see above
	cmd.Dir = pl.dir
	cmd.Env = []string{"HOME=" + pl.dir, "PATH=" + os.Getenv("PATH")}
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: who.credential()}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start tor: %w", err)
	}
	c := &child{pid: cmd.Process.Pid, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // how it ended is in its state
		c.how = cmd.ProcessState.String()
		close(c.done)
	}()
	c.show(ctx, pl.torrc)
	return c, nil
}

// show waits until the process is seen to run or has ended: the kernel tells
// that a program was executed a moment before its command line is there, and
// who looked then would take it for gone.
func (c *child) show(ctx context.Context, torrc string) {
	ctx, cancel := context.WithTimeout(ctx, execLimit)
	defer cancel()
	for !running(c.pid, torrc) {
		select {
		case <-c.done:
			return
		default:
		}
		if pause(ctx, time.Millisecond) != nil {
			return
		}
	}
}

// findProcess returns the pid of the tor that runs with this torrc, 0 if there
// is none.
func findProcess(torrc string) int {
	for pid, rc := range processes() {
		if rc == torrc {
			return pid
		}
	}
	return 0
}

// processes returns the torrc of each process that has one on its command line.
func processes() map[int]string {
	found := make(map[int]string)
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return found
	}
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			if rc := torrcOf(pid); rc != "" {
				found[pid] = rc
			}
		}
	}
	return found
}

// torrcOf returns the argument of -f on the command line of a process. It is
// empty for a process that has ended but was not reaped.
func torrcOf(pid int) string {
	line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	if err != nil {
		return ""
	}
	args := bytes.Split(bytes.TrimRight(line, "\x00"), []byte{0})
	for i := 1; i+1 < len(args); i++ {
		if string(args[i]) == "-f" {
			return string(args[i+1])
		}
	}
	return ""
}

// uidOf returns the uid that a process runs under, -1 if it is not known.
func uidOf(pid int) int {
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return -1
	}
	for line := range strings.Lines(string(status)) {
		if text, ok := strings.CutPrefix(line, "Uid:"); ok {
			if uids := strings.Fields(text); len(uids) > 1 {
				if uid, err := strconv.Atoi(uids[1]); err == nil { // the effective one
					return uid
				}
			}
		}
	}
	return -1
}

// running reports whether the pid is still the tor of this torrc.
func running(pid int, torrc string) bool { return pid > 0 && torrcOf(pid) == torrc }

// endProcess ends the tor of this torrc, gently first when gentle, and
// returns when it is gone.
func endProcess(ctx context.Context, pid int, torrc string, gentle bool) error {
	signals := []syscall.Signal{syscall.SIGKILL}
	if gentle {
		signals = []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL}
	}
	for _, sig := range signals {
		if !running(pid, torrc) {
			return nil
		}
		if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("end tor %d: %w", pid, err)
		}
		if gone(ctx, pid, torrc, 5*time.Second) {
			return nil
		}
	}
	return fmt.Errorf("tor %d does not end: %w", pid, context.DeadlineExceeded)
}

// gone waits until the process is gone, for at most limit.
func gone(ctx context.Context, pid int, torrc string, limit time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for running(pid, torrc) {
		if pause(ctx, 10*time.Millisecond) != nil {
			return !running(pid, torrc)
		}
	}
	return true
}

// EndAll ends every managed tor of a state directory, whether or not a [Pool]
// has it, and returns when they are gone. Onions on them end with them.
func EndAll(ctx context.Context, stateDir string) error {
	stateDir, err := filepath.Abs(stateDir)
	if err != nil {
		return err
	}
	var errs []error
	for pid, rc := range processes() {
		if filepath.Dir(filepath.Dir(rc)) == stateDir && filepath.Base(rc) == "torrc" {
			errs = append(errs, endProcess(ctx, pid, rc, true))
		}
	}
	return errors.Join(errs...)
}

// complaints is what a tor last complained of, and how it ended.
func complaints(pl place, c *child) string {
	words := logged(pl)
	if c != nil {
		select {
		case <-c.done:
			words = append(words, c.how)
		default:
		}
	}
	if len(words) == 0 {
		return "without a word"
	}
	return strings.Join(words, " / ")
}

// logged returns the last complaints in what a tor has printed or logged.
func logged(pl place) []string {
	for _, file := range []string{pl.output, pl.log} {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if lines := complained(string(text)); len(lines) > 0 {
			return lines
		}
	}
	return nil
}

// complained picks the last errors and warnings out of tor's log.
func complained(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if _, what, ok := strings.Cut(line, "[err] "); ok {
			lines = append(lines, strings.TrimSpace(what))
		} else if _, what, ok := strings.Cut(line, "[warn] "); ok {
			lines = append(lines, strings.TrimSpace(what))
		}
	}
	return lines[max(0, len(lines)-3):]
}

// pause waits, or returns the context's error.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
