package privnet

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// spawner starts processes that die with this program. Three things see to it:
//
//   - Close ends and awaits them.
//   - On Linux the kernel kills each child when its parent dies. What the
//     kernel means by the parent is the thread that started the child, and Go
//     ends threads as it likes; so one goroutine, locked to its thread until
//     all children are gone, starts them all.
//   - Everywhere, tor itself looks every fifteen seconds whether the process
//     named by __OwningControllerProcess is alive.
type spawner struct {
	work chan func()
	done chan struct{}
}

func newSpawner() *spawner {
	s := &spawner{work: make(chan func()), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for do := range s.work {
			do()
		}
	}()
	return s
}

// close ends the thread. All children must have ended, and start must not be
// called any more.
func (s *spawner) close() {
	close(s.work)
	<-s.done
}

// start starts a tor with the given torrc, in a directory of its own.
func (s *spawner) start(tor, name, dir, torrc string) (*process, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	rc := filepath.Join(dir, "torrc")
	if err := os.WriteFile(rc, []byte(torrc), 0o600); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	logFile, err := os.OpenFile(filepath.Join(dir, logName), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	defer logFile.Close()

	// No CommandContext: the process lives longer than the call that starts it.
	cmd := exec.Command(tor, "--defaults-torrc", filepath.Join(dir, "none"), "-f", rc) //nolint:noctx // see above
	cmd.Dir = dir
	cmd.Stdout, cmd.Stderr = logFile, logFile
	cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH")}
	cmd.SysProcAttr = childAttributes()

	started := make(chan error)
	s.work <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return watch(name, dir, cmd), nil
}
