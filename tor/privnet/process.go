package privnet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// logName is the file with everything that a tor says, in its directory.
const logName = "log"

// stopGrace is how long a tor may take to end by itself.
const stopGrace = 3 * time.Second

// explainGrace is how long a broken connection waits for its explanation.
const explainGrace = 500 * time.Millisecond

// process is one running tor.
type process struct {
	name string
	dir  string
	cmd  *exec.Cmd
	gone chan struct{} // closed when the process has ended and was awaited
}

// watch awaits the end of a started command.
func watch(name, dir string, cmd *exec.Cmd) *process {
	p := &process{name: name, dir: dir, cmd: cmd, gone: make(chan struct{})}
	go func() {
		defer close(p.gone)
		_ = cmd.Wait() // how it ended stands in its log
	}()
	return p
}

func (p *process) pid() int { return p.cmd.Process.Pid }

func (p *process) socket() string { return filepath.Join(p.dir, socketName) }

// ended reports whether the process is gone.
func (p *process) ended() bool {
	select {
	case <-p.gone:
		return true
	default:
		return false
	}
}

// stop ends the process and returns when it is gone.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.gone:
	case <-time.After(stopGrace):
		_ = p.cmd.Process.Kill()
		<-p.gone
	}
}

// explain returns why the process has ended, if that is what the error comes
// from: a connection breaks a moment before the end of the process is seen.
func (p *process) explain(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	select {
	case <-p.gone:
		return p.failure()
	case <-time.After(explainGrace):
		return err
	}
}

// failure says why a process that should run has ended.
func (p *process) failure() error {
	text, complaints := p.complaints()
	err := fmt.Errorf("%s has ended: %s", p.name, complaints)
	if strings.Contains(text, "Address already in use") {
		return fmt.Errorf("%w (%w)", err, errTryAgain)
	}
	return err
}

// complaints returns the whole log and the last of its warnings and errors.
func (p *process) complaints() (text, complaints string) {
	const most = 4
	content, err := os.ReadFile(filepath.Join(p.dir, logName))
	if err != nil {
		return "", "it has no log"
	}
	var lines []string
	for line := range strings.Lines(string(content)) {
		if strings.Contains(line, "[warn]") || strings.Contains(line, "[err]") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	if len(lines) == 0 {
		return string(content), "it did not say why"
	}
	return string(content), strings.Join(lines[max(0, len(lines)-most):], "; ")
}
