package shim

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// defaultPath is where an app's command is looked for.
const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// launcher starts and ends the app. Tests have their own.
type launcher interface {
	start(command, env []string) error
	done() <-chan struct{} // closed when the app has ended
	signal(sig syscall.Signal)
}

// process is the app and, when the shim is PID 1, everything else in the
// container.
type process struct {
	mu    sync.Mutex // held over fork, so that the reaper knows the pid
	pid   int
	ended chan struct{}
}

func newProcess() *process { return &process{ended: make(chan struct{})} }

func (p *process) done() <-chan struct{} { return p.ended }

// start runs the command in a session of its own, with nothing of the shim's
// environment or files but its standard output.
func (p *process) start(command, env []string) error {
	if !slices.ContainsFunc(env, func(s string) bool { return strings.HasPrefix(s, "PATH=") }) {
		env = append([]string{defaultPath}, env...)
	}
	path, err := exec.LookPath(command[0])
	if err != nil {
		return err
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer null.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pid, err = syscall.ForkExec(path, command, &syscall.ProcAttr{
		Env:   env,
		Files: []uintptr{null.Fd(), 1, 2},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return fmt.Errorf("start %s: %w", path, err)
	}
	return nil
}

// signal reaches every process of the container when the shim is PID 1, and
// the app's group otherwise: kill(-1) anywhere else would be everybody's end.
func (p *process) signal(sig syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if os.Getpid() == 1 {
		_ = syscall.Kill(-1, sig)
		return
	}
	if p.pid > 1 {
		_ = syscall.Kill(-p.pid, sig)
	}
}

// reap collects ended children: as PID 1 those of everybody, otherwise the
// app alone. It is called on every SIGCHLD.
func (p *process) reap() {
	p.mu.Lock()
	defer p.mu.Unlock()
	which := -1
	if os.Getpid() != 1 {
		if p.pid == 0 {
			return
		}
		which = p.pid
	}
	for {
		pid, err := syscall.Wait4(which, nil, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		if pid == p.pid {
			close(p.ended)
			p.pid = 0
			if which != -1 {
				return
			}
		}
	}
}
