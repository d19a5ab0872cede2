package shim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"onionbot/services/shim/selftest"
)

// testPatience bounds the self-test. It takes milliseconds; a machine that has
// no time for it has none for the app.
const testPatience = 10 * time.Second

// test runs the self-test before the first start of the app. An app that would
// reach anything is not started.
func (s *supervisor) test(g *Go) error {
	began := time.Now()
	reached, err := s.app.test(g)
	took := time.Since(began)
	s.mu.Lock()
	s.tested = took
	s.mu.Unlock()
	if err == nil && len(reached) > 0 {
		return &ReachedError{Reached: reached}
	}
	return err
}

// refuse says why a request was not carried out.
func (r *Response) refuse(err error) {
	r.Error = err.Error()
	var unsafe *ReachedError
	if errors.As(err, &unsafe) {
		r.Error, r.Reached = "not safe to start", unsafe.Reached
	}
}

// test runs the self-test the way the app will be run: the same user, the same
// capabilities, the same namespaces. Nothing of the image has run before it, and
// no secret is in the container yet.
func (p *process) test(g *Go) ([]string, error) {
	if g.User == nil {
		return nil, nil
	}
	host := *g.Host
	host.Caps = g.User.Caps
	question, err := json.Marshal(&host)
	if err != nil {
		return nil, err
	}
	in, asked, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer asked.Close()
	answered, out, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	defer answered.Close()
	// The reaper waits until the test has been waited for here.
	p.forking.Lock()
	defer p.forking.Unlock()
	pid, err := forkAs(g.User, Program, []string{Program, "shim", testArg}, &syscall.ProcAttr{
		Dir: "/", Env: []string{"GOMAXPROCS=1"},
		Files: []uintptr{in.Fd(), out.Fd(), out.Fd()}, Sys: &syscall.SysProcAttr{Setsid: true},
	})
	_, _ = in.Close(), out.Close() // the test has them
	if err != nil {
		return nil, fmt.Errorf("start the self-test: %w", err)
	}
	defer endTest(pid)
	return converse(asked, answered, question)
}

// converse asks the self-test and reads its answer.
func converse(asked, answered *os.File, question []byte) ([]string, error) {
	limit := time.Now().Add(testPatience)
	_, _ = asked.SetWriteDeadline(limit), answered.SetReadDeadline(limit)
	_, err := asked.Write(question)
	if err = errors.Join(err, asked.Close()); err != nil {
		return nil, fmt.Errorf("ask the self-test: %w", err)
	}
	answer, err := io.ReadAll(io.LimitReader(answered, MaxResponse))
	if err != nil {
		return nil, fmt.Errorf("the self-test: %w", err)
	}
	return selftest.Parse(bytes.TrimSpace(answer))
}

// endTest leaves nothing of the self-test behind.
func endTest(pid int) {
	_ = syscall.Kill(pid, syscall.SIGKILL)
	for {
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(pid, &status, 0, nil); !errors.Is(err, syscall.EINTR) {
			return
		}
	}
}
