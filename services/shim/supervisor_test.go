package shim

import (
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"onionbot/services/wallclock"
)

// fakeApp is an app that ends on SIGTERM unless it is stubborn.
type fakeApp struct {
	stubborn bool

	reaches []string // what its self-test finds

	mu      sync.Mutex
	starts  int
	signals []syscall.Signal
	ended   chan struct{}
}

func newFakeApp() *fakeApp { return &fakeApp{ended: make(chan struct{})} }

func (a *fakeApp) last() (code int, words string) { return 1, "no such file" }
func (a *fakeApp) heard()                         {}

func (a *fakeApp) test(*Go) ([]string, error) { return a.reaches, nil }

func (a *fakeApp) start(*Go) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.starts++
	return nil
}

func (a *fakeApp) done() <-chan struct{} { return a.ended }

func (a *fakeApp) signal(sig syscall.Signal) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.signals = append(a.signals, sig)
	if len(a.signals) == 1 && (sig == syscall.SIGKILL || !a.stubborn) {
		close(a.ended)
	}
}

func putDeadline(t *testing.T, file string, at time.Time) {
	t.Helper()
	if err := os.WriteFile(file, FormatDeadline(at), 0o600); err != nil {
		t.Fatal(err)
	}
}

// supervise starts a supervisor inside a synctest bubble and returns its exit code.
func supervise(t *testing.T, app launcher, life time.Duration, signals <-chan os.Signal) (*supervisor, string, <-chan int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), DeadlineFile)
	putDeadline(t, file, time.Now().Add(life))
	began := time.Now()
	c := &clock{wallclock.From(time.Now, func() time.Duration { return time.Since(began) })}
	s, err := newSupervisor(c, app, file, nil, signals)
	if err != nil {
		t.Fatal(err)
	}
	code := make(chan int, 1)
	go func() { code <- s.run() }()
	return s, file, code
}

func goNow(g *Go) *Request {
	if g == nil {
		g = &Go{}
	}
	g.Command = []string{"app"}
	return &Request{Op: OpGo, Go: g}
}

func TestDeadlineEndsTheAppOnTheSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := newFakeApp()
		began := time.Now()
		s, _, code := supervise(t, app, time.Hour, nil)
		s.handle(goNow(nil))
		if got := <-code; got != ExitDeadline {
			t.Errorf("exit code %d", got)
		}
		if late := time.Since(began) - time.Hour; late < 0 || late > 10*time.Millisecond {
			t.Errorf("ended %v after the deadline", late)
		}
	})
}

func TestDeadlineComesWithoutGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, _, code := supervise(t, newFakeApp(), time.Minute, nil)
		if got := <-code; got != ExitDeadline {
			t.Errorf("exit code %d", got)
		}
	})
}

func TestStubbornAppIsKilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := newFakeApp()
		app.stubborn = true
		began := time.Now()
		s, _, code := supervise(t, app, time.Minute, nil)
		s.handle(goNow(&Go{Shutdown: time.Hour}))
		<-code
		if took := time.Since(began); took > time.Minute+maxShutdown+time.Second {
			t.Errorf("took %v", took)
		}
		if n := len(app.signals); n != 2 || app.signals[1] != syscall.SIGKILL {
			t.Errorf("signals %v", app.signals)
		}
	})
}

func TestProlongingNeedsNoRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s, file, code := supervise(t, newFakeApp(), time.Minute, nil)
		s.handle(goNow(nil))
		time.Sleep(30 * time.Second)
		putDeadline(t, file, began.Add(2*time.Hour))
		<-code
		if took := time.Since(began).Round(time.Second); took != 2*time.Hour {
			t.Errorf("ended after %v", took)
		}
	})
}

func TestAnEarlierDeadlineCountsAsSoonAsSomebodyAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, file, code := supervise(t, newFakeApp(), time.Hour, nil)
		s.handle(goNow(nil))
		synctest.Wait()
		began := time.Now()
		at := began.Add(deadlinePoll / 4)
		putDeadline(t, file, at)
		if got := s.handle(&Request{Op: OpStatus}).Status.Deadline; got != at.UnixMilli() {
			t.Errorf("told %v", time.UnixMilli(got))
		}
		if got := <-code; got != ExitDeadline || time.Since(began) > deadlinePoll/2 {
			t.Errorf("code %d after %v", got, time.Since(began))
		}
	})
}

func TestDamagedDeadlineFileKeepsTheLastDeadline(t *testing.T) {
	for name, damage := range map[string]func(string) error{
		"garbled": func(p string) error { return os.WriteFile(p, []byte("tomorrow"), 0o600) },
		"empty":   func(p string) error { return os.WriteFile(p, nil, 0o600) },
		"missing": os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				_, file, code := supervise(t, newFakeApp(), time.Minute, nil)
				if err := damage(file); err != nil {
					t.Fatal(err)
				}
				<-code
				if took := time.Since(began).Round(time.Second); took != time.Minute {
					t.Errorf("ended after %v", took)
				}
			})
		})
	}
}

func TestRefusesToStartWithoutADeadline(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "word": "soon", "negative": "-5", "float": "1e12", "zero": "0",
		"far": "99999999999999999", "spaces": " 1795000000000", "long": "1795000000000" + string(make([]byte, 100)),
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), DeadlineFile)
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := newSupervisor(newClock(), newFakeApp(), file, nil, nil); err == nil {
				t.Error("started")
			}
		})
	}
	if _, err := newSupervisor(newClock(), newFakeApp(), filepath.Join(t.TempDir(), "none"), nil, nil); err == nil {
		t.Error("started without a file")
	}
}

func TestSecondGoStartsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := newFakeApp()
		stop := make(chan os.Signal, 1)
		s, _, code := supervise(t, app, time.Hour, stop)
		for range 3 {
			if a := s.handle(goNow(nil)); a.Error != "" || !a.Status.Going {
				t.Errorf("answer %+v", a)
			}
		}
		if app.starts != 1 {
			t.Errorf("started %d times", app.starts)
		}
		stop <- syscall.SIGTERM
		if got := <-code; got != ExitStopped {
			t.Errorf("exit code %d", got)
		}
	})
}

func TestIdleRuleEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s, _, code := supervise(t, newFakeApp(), 10*time.Hour, nil)
		s.handle(goNow(&Go{Idle: 15 * time.Minute}))
		time.Sleep(time.Hour)
		s.handle(&Request{Op: OpArm})
		if got := <-code; got != ExitIdle {
			t.Errorf("exit code %d", got)
		}
		if took := time.Since(began).Round(time.Second); took != 75*time.Minute {
			t.Errorf("ended after %v", took)
		}
	})
}

func TestAppThatEndsEndsTheContainer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := newFakeApp()
		s, _, code := supervise(t, app, time.Hour, nil)
		s.handle(goNow(nil))
		app.signal(syscall.SIGKILL)
		if got := <-code; got != ExitApp {
			t.Errorf("exit code %d", got)
		}
	})
}

func TestFilesOfGoAreForTheAppsGroupAndFollowNoLinks(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "key"), filepath.Join(dir, "link")
	if err := writeFiles([]File{{Path: file, Data: []byte("secret")}}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	if err := writeFiles([]File{{Path: link, Data: []byte("x")}}); err == nil {
		t.Error("wrote through a symlink")
	}
}
