package shim

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"
)

const (
	deadlinePoll    = 2 * time.Second  // how often file and clock are looked at; a timer keeps the deadline itself
	defaultShutdown = 2 * time.Second  // for an app whose definition names no time
	maxShutdown     = 10 * time.Second // whatever a definition says: the deadline is a promise
)

// supervisor decides when it is over.
type supervisor struct {
	clock   *clock
	ledger  *ledger
	relay   *relay
	app     launcher
	file    string                  // the deadline file
	targets map[net.Listener]string // listener to the app's address
	signals <-chan os.Signal        // ask for the end
	woken   chan struct{}

	mu       sync.Mutex
	deadline time.Time
	going    bool
	started  time.Time
	shutdown time.Duration
}

func newSupervisor(c *clock, app launcher, file string, targets map[net.Listener]string, signals <-chan os.Signal) (*supervisor, error) {
	at, err := ReadDeadline(file)
	if err != nil {
		return nil, err
	}
	s := &supervisor{
		clock: c, ledger: &ledger{}, app: app, file: file, targets: targets, signals: signals,
		woken: make(chan struct{}, 1), deadline: at, shutdown: defaultShutdown,
	}
	s.relay = newRelay(s.ledger, c, s.wake)
	return s, nil
}

// run returns the exit code when everything has ended.
func (s *supervisor) run() int {
	code := s.wait()
	s.relay.close()
	s.mu.Lock()
	going, patience := s.going, min(s.shutdown, maxShutdown)
	s.mu.Unlock()
	if !going || code == ExitApp {
		s.app.signal(syscall.SIGKILL)
		return code
	}
	s.app.signal(syscall.SIGTERM)
	select {
	case <-s.app.done():
	case <-time.After(patience):
	}
	s.app.signal(syscall.SIGKILL)
	return code
}

// wait returns when there is a reason to end.
func (s *supervisor) wait() int {
	for {
		code, again := s.verdict()
		if code != 0 {
			return code
		}
		timer := time.NewTimer(again)
		select {
		case <-timer.C:
		case <-s.woken:
		case <-s.app.done():
			timer.Stop()
			return ExitApp
		case <-s.signals:
			timer.Stop()
			return ExitStopped
		}
		timer.Stop()
	}
}

// verdict looks at the deadline, then at the rules. It returns the exit code
// or how long to wait before looking again.
func (s *supervisor) verdict() (code int, again time.Duration) {
	now := s.clock.now()
	rest := s.refresh().Sub(now.wall)
	if rest <= 0 {
		return ExitDeadline, 0
	}
	again = min(rest, deadlinePoll)
	code, change := s.ledger.verdict(now)
	if change > 0 {
		again = min(again, change)
	}
	return code, again
}

// refresh reads the deadline file. One that cannot be read or makes no sense
// leaves the last deadline in force.
func (s *supervisor) refresh() time.Time {
	at, err := ReadDeadline(s.file)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.deadline = at
	}
	return s.deadline
}

// wake makes wait look again.
func (s *supervisor) wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

// handle answers one request. Whoever asks is told, and makes count, the deadline
// that the file holds now.
func (s *supervisor) handle(req *Request) Response {
	var answer Response
	s.refresh()
	defer s.wake() // last: a shorter deadline and a rule that was armed count at once
	switch req.Op {
	case OpGo:
		if err := s.start(req.Go); err != nil {
			answer.Error = err.Error()
		}
	case OpArm:
		s.ledger.arm(s.clock.now())
	}
	s.ledger.fill(&answer.Status)
	s.mu.Lock()
	defer s.mu.Unlock()
	answer.Status.Going = s.going
	answer.Status.Ready = s.relay.ready.Load()
	answer.Status.Deadline = s.deadline.UnixMilli()
	if !s.started.IsZero() {
		answer.Status.Started = s.started.UnixMilli()
	}
	return answer
}

// start carries out the first go request; the ones after it change nothing.
func (s *supervisor) start(g *Go) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.going {
		return nil
	}
	if err := writeFiles(g.Files); err != nil {
		return err
	}
	now := s.clock.now()
	s.ledger.begin(g, now)
	if err := s.app.start(g.Command, g.Env); err != nil {
		return fmt.Errorf("the app does not start: %w", err)
	}
	s.going, s.started = true, now.wall
	if g.Shutdown > 0 {
		s.shutdown = g.Shutdown
	}
	for l, app := range s.targets {
		s.relay.listen(l, app)
		go s.relay.watchReady(app)
	}
	s.wake()
	return nil
}

// writeFiles puts the files of a go request where the app finds them, for its
// user only, never through a link.
func writeFiles(files []File) error {
	for _, f := range files {
		if err := writeFile(f); err != nil {
			return fmt.Errorf("write a file: %w", err)
		}
	}
	return nil
}

func writeFile(f File) error {
	out, err := os.OpenFile(f.Path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	_, err = out.Write(f.Data)
	return errors.Join(err, out.Close())
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
