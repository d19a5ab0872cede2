package shim

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"onionbot/services/app/events"
)

// defaultPath is where an app's command is looked for.
const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// launcher starts and ends the app. Tests have their own.
type launcher interface {
	test(g *Go) (reached []string, err error) // what the app would reach of the host
	start(g *Go) error
	done() <-chan struct{} // closed when the app has ended
	signal(sig syscall.Signal)
	last() (code int, words string) // once it is done: its exit code, and what it said until it was heard
	heard()                         // it accepts connections: what it says from now on is not kept
}

// process is the app and, when the shim is PID 1, everything else in the
// container.
type process struct {
	pid   atomic.Int64 // 0 before it started and after it ended
	ended chan struct{}
	code  int // set before ended is closed
	words words
	told  func(events.Tally) // takes what the app tells; nil for nobody

	forking sync.Mutex // so that the reaper knows the pid of what it finds
}

func newProcess() *process { return &process{ended: make(chan struct{})} }

func (p *process) done() <-chan struct{} { return p.ended }

func (p *process) heard() { p.words.forget() }

func (p *process) last() (code int, words string) {
	<-p.ended
	return p.code, p.words.text()
}

// start runs the command in a session of its own, as its own user, with
// nothing of the shim's environment or files. Its output goes nowhere: an
// engine would use more of the processor for it than the app may.
func (p *process) start(g *Go) error {
	env := g.Env
	if !slices.ContainsFunc(env, func(s string) bool { return strings.HasPrefix(s, "PATH=") }) {
		env = append([]string{defaultPath}, env...)
	}
	path, err := findCommand(g.Command[0], g.Dir, env)
	if err != nil {
		return err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	errs, err := p.words.listen()
	if err != nil {
		return err
	}
	defer errs.Close()
	attr := &syscall.ProcAttr{
		Dir:   cmp.Or(g.Dir, "/"),
		Env:   env,
		Files: []uintptr{null.Fd(), null.Fd(), errs.Fd()},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	}
	if g.Events {
		end, err := p.listen(g, attr)
		if err != nil {
			return err
		}
		defer end.Close()
	}
	p.forking.Lock()
	defer p.forking.Unlock()
	pid, err := forkAs(g.User, path, g.Command, attr)
	if err != nil {
		return fmt.Errorf("start %s: %w", path, err)
	}
	if g.User != nil {
		dropForkCaps()
	}
	p.pid.Store(int64(pid))
	return nil
}

// findCommand finds the app's program as a shell would that was started in the
// app's directory, with its environment.
func findCommand(name, dir string, env []string) (string, error) {
	if strings.HasPrefix(name, "/") {
		return name, nil
	}
	if strings.Contains(name, "/") {
		return filepath.Join(cmp.Or(dir, "/"), name), nil
	}
	path := ""
	for _, v := range env { // the last one counts
		if p, ok := strings.CutPrefix(v, "PATH="); ok {
			path = p
		}
	}
	for _, place := range filepath.SplitList(path) {
		full := filepath.Join(cmp.Or(dir, "/"), place, name)
		if filepath.IsAbs(place) {
			full = filepath.Join(place, name)
		}
		if info, err := os.Stat(full); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return full, nil
		}
	}
	return "", fmt.Errorf("there is no program %q in %s", name, path)
}

// signal reaches every process of the container when the shim is PID 1, and
// the app's group otherwise: kill(-1) anywhere else would be everybody's end.
// The kernel holds off new processes while it goes through them, so not even
// an app that forks without a pause escapes. It waits for nothing.
func (p *process) signal(sig syscall.Signal) {
	if os.Getpid() == 1 {
		_ = syscall.Kill(-1, sig)
		return
	}
	if pid := p.pid.Load(); pid > 1 {
		_ = syscall.Kill(-int(pid), sig)
	}
}

// reap collects ended children: as PID 1 those of everybody, otherwise the
// app alone. It is called on every SIGCHLD, and may be at it for as long as
// an app makes processes that end.
func (p *process) reap() {
	p.forking.Lock()
	defer p.forking.Unlock()
	for {
		which := -1
		if os.Getpid() != 1 {
			if which = int(p.pid.Load()); which == 0 {
				return
			}
		}
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(which, &status, syscall.WNOHANG, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		if int64(pid) == p.pid.Load() {
			p.code = exitCode(status)
			p.pid.Store(0)
			close(p.ended)
		}
	}
}

// exitCode is the one that a shell would tell.
func exitCode(s syscall.WaitStatus) int {
	if s.Signaled() {
		return 128 + int(s.Signal())
	}
	return s.ExitStatus()
}
