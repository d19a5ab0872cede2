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
	deadlinePoll    = 2 * time.Second        // how often file and clock are looked at; a timer keeps the deadline itself
	defaultShutdown = 2 * time.Second        // for an app whose definition names no time
	maxShutdown     = 3 * time.Second        // whatever a definition says: the deadline is a promise
	reportPatience  = 500 * time.Millisecond // for the last report, on a disk that hangs
)

// target is where a listener's connections go.
type target struct {
	app    string // the app's address
	inward bool   // it is the bot's, whose connections are nobody's visits
}

// supervisor decides when it is over.
type supervisor struct {
	clock   *clock
	ledger  *ledger
	relay   *relay
	app     launcher
	file    string // the deadline file
	targets map[net.Listener]target
	signals <-chan os.Signal // ask for the end
	woken   chan struct{}
	report  *reporter

	starting sync.Mutex // held over a start, which may take its time

	mu       sync.Mutex // never held over anything that can wait
	deadline time.Time
	going    bool
	started  time.Time
	shutdown time.Duration
	tested   time.Duration
}

func newSupervisor(c *clock, app launcher, file string, targets map[net.Listener]target, signals <-chan os.Signal) (*supervisor, error) {
	at, err := ReadDeadline(file)
	if err != nil {
		return nil, err
	}
	s := &supervisor{
		clock: c, ledger: &ledger{}, app: app, file: file, targets: targets, signals: signals,
		woken: make(chan struct{}, 1), deadline: at, shutdown: defaultShutdown, report: &reporter{},
	}
	s.relay = newRelay(s.ledger, c, s.wake, s.save)
	return s, nil
}

// save writes down what has been counted.
func (s *supervisor) save() { s.report.save(s.ledger.report) }

// run returns the exit code when everything has ended.
func (s *supervisor) run() int {
	code := s.wait()
	s.relay.close()
	s.endApp()
	s.sayLast(code)
	return code
}

// endApp ends the app: it is asked, and has a short time.
func (s *supervisor) endApp() {
	s.mu.Lock()
	going, patience := s.going, min(s.shutdown, maxShutdown)
	s.mu.Unlock()
	select {
	case <-s.app.done():
		going = false
	default:
	}
	if going {
		s.app.signal(syscall.SIGTERM)
		select {
		case <-s.app.done():
		case <-time.After(patience):
		}
	}
	s.app.signal(syscall.SIGKILL)
}

// sayLast writes the last report, with how the app ended if it did by itself.
func (s *supervisor) sayLast(code int) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.report.save(func(r *Report) {
			s.ledger.report(r)
			if code == ExitApp {
				r.Ended = true
				r.Code, r.Said = s.app.last()
			}
		})
	}()
	select {
	case <-done:
	case <-time.After(reportPatience):
	}
}

// wait returns when there is a reason to end.
func (s *supervisor) wait() int {
	for {
		code, again := s.ending()
		if code != 0 {
			return code
		}
		timer := time.NewTimer(again)
		select {
		case <-timer.C:
		case <-s.woken:
		case <-s.app.done():
			timer.Stop()
			return s.ledger.appEnded()
		case <-s.signals:
			timer.Stop()
			return ExitStopped
		}
		timer.Stop()
	}
}

// ending looks at the deadline, then at the rules. It returns the exit code
// or how long to wait before looking again.
func (s *supervisor) ending() (code int, again time.Duration) {
	now := s.clock.now()
	rest := s.refresh().Sub(now.wall)
	if rest <= 0 {
		return ExitDeadline, 0
	}
	again = min(rest, deadlinePoll)
	code, change := s.ledger.ending(now)
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
			answer.refuse(err)
		}
	case OpArm:
		s.ledger.arm(s.clock.now())
		s.save()
	}
	s.ledger.fill(&answer.Status)
	s.mu.Lock()
	defer s.mu.Unlock()
	answer.Status.Going = s.going
	answer.Status.Ready = s.relay.ready.Load()
	answer.Status.Deadline = s.deadline.UnixMilli()
	answer.Status.Tested = s.tested
	if !s.started.IsZero() {
		answer.Status.Started = s.started.UnixMilli()
	}
	return answer
}

// start carries out the first go request; the ones after it change nothing.
func (s *supervisor) start(g *Go) error {
	s.starting.Lock()
	defer s.starting.Unlock()
	if s.isGoing() {
		return nil
	}
	if err := s.test(g); err != nil {
		return err
	}
	if err := writeFiles(g.Files); err != nil {
		return err
	}
	now := s.clock.now()
	s.ledger.begin(g, now)
	s.save()
	s.relay.crowd.limit(g.Connections)
	if err := s.app.start(g); err != nil {
		return fmt.Errorf("the app does not start: %w", err)
	}
	s.mu.Lock()
	s.going, s.started = true, now.wall
	if g.Shutdown > 0 {
		s.shutdown = g.Shutdown
	}
	s.mu.Unlock()
	for l, to := range s.targets {
		if to.inward {
			s.relay.listenInward(l, to.app)
			continue
		}
		s.relay.listen(l, to.app)
		go s.watchReady(to.app)
	}
	go s.relay.watchIdle()
	s.wake()
	return nil
}

func (s *supervisor) isGoing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.going
}

// watchReady returns when the app has accepted a connection.
func (s *supervisor) watchReady(app string) {
	if s.relay.watchReady(app) {
		s.app.heard()
	}
}

// writeFiles puts the files of a go request where the app finds them, never
// through a link. They are the shim's: the app's group may read them.
func writeFiles(files []File) error {
	for _, f := range files {
		if err := writeFile(f); err != nil {
			return fmt.Errorf("write a file: %w", err)
		}
	}
	return nil
}

func writeFile(f File) error {
	out, err := os.OpenFile(f.Path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|syscall.O_NOFOLLOW, 0o640) //nolint:gosec // the directory, which is the app's group's alone, hands its group on
	if err != nil {
		return err
	}
	_, err = out.Write(f.Data)
	return errors.Join(err, out.Close())
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
