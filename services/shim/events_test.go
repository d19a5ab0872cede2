package shim

import (
	"errors"
	"io"
	"net"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"onionbot/services/app/events"
)

func TestWhatTheAppCountsIsCountedAndEndsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s, _, code := supervise(t, newFakeApp(), 10*time.Hour, nil)
		s.handle(goNow(&Go{Events: true, ByEvents: true, MaxVisits: 3, Visits: 1, Burst: 30 * time.Second}))
		time.Sleep(time.Hour)
		s.take(events.Tally{Counts: 1, News: 2})
		if got := s.handle(&Request{Op: OpStatus}).Status; got.Visits != 2 || got.News != 2 {
			t.Fatalf("status %+v", got)
		}
		time.Sleep(time.Hour)
		if !s.ledger.enter(s.clock.now()) {
			t.Fatal("a visitor was refused before the last count")
		}
		s.take(events.Tally{Counts: 5})
		if got := s.handle(&Request{Op: OpStatus}).Status.Visits; got != 3 {
			t.Errorf("%d counted of 3", got)
		}
		if s.ledger.enter(s.clock.now()) {
			t.Error("a visitor was let in after the last count")
		}
		if got := <-code; got != ExitVisits {
			t.Errorf("exit code %d", got)
		}
		// What was handed to Tor last has time to arrive, and no visitor who stays
		// keeps the service from ending.
		if took := time.Since(began) - 2*time.Hour; took < lastWords || took > lastWords+time.Second {
			t.Errorf("ended %v after the last count", took)
		}
	})
}

func TestConnectionsAreNotCountedWhereTheAppCounts(t *testing.T) {
	var l ledger
	l.begin(&Go{ByEvents: true, MaxVisits: 1, Armed: true}, at(0))
	for i := range 10 {
		if !l.enter(at(time.Duration(i) * time.Minute)) {
			t.Fatal("refused")
		}
		l.leave(at(time.Duration(i) * time.Minute))
	}
	if code, _ := l.ending(at(time.Hour)); code != 0 || l.visits != 0 {
		t.Errorf("code %d, %d visits", code, l.visits)
	}
}

func TestWhatWasUsedUpBeforeARestartIsUsedUp(t *testing.T) {
	var l ledger
	l.begin(&Go{ByEvents: true, MaxVisits: 2, Visits: 2}, at(0))
	if code, _ := l.ending(at(time.Second)); code != ExitVisits {
		t.Errorf("code %d", code)
	}
	if code := l.appEnded(); code != ExitVisits {
		t.Errorf("code %d for an app that a visitor made end", code)
	}
}

func TestAppTellsOnThePipeThatItsEnvironmentNames(t *testing.T) {
	told := make(chan events.Tally, 10)
	p := newProcess()
	p.told = func(t events.Tally) { told <- t }
	script := `echo nonsense >&$ONION_EVENTS; head -c 100000 /dev/zero >&$ONION_EVENTS; echo >&$ONION_EVENTS
test "$ONION_EVENTS_LEFT" = 4 || exit 1
echo count >&$ONION_EVENTS; sleep 1000`
	err := p.start(&Go{Command: []string{"/bin/sh", "-c", script}, Events: true, ByEvents: true, MaxVisits: 5, Visits: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { p.signal(syscall.SIGKILL); p.reap() }()
	select {
	case got := <-told:
		if got != (events.Tally{Counts: 1}) {
			t.Errorf("told %+v", got)
		}
	case <-time.After(patience):
		t.Fatal("nothing was told")
	}
}

// TestAppLearnsWhetherItsAnswerArrived is what an app that counts complete
// downloads relies on.
func TestAppLearnsWhetherItsAnswerArrived(t *testing.T) {
	const size = 8 << 20
	ended := make(chan error, 1)
	app := serveApp(t, func(c net.Conn) {
		defer c.Close()
		_, err := c.Write(make([]byte, size))
		if err == nil {
			_ = c.(*net.TCPConn).CloseWrite()
			_, err = c.Read(make([]byte, 1))
		}
		ended <- err
	})
	x := startRelay(t, app)

	c := x.visit(t)
	if n, err := io.Copy(io.Discard, c); n != size || err != nil {
		t.Fatalf("%d bytes, %v", n, err)
	}
	_ = c.Close() // as tor does once it has read everything
	if err := <-ended; !errors.Is(err, io.EOF) {
		t.Errorf("everything was read, and the app hears %v", err)
	}

	c = x.visit(t)
	if _, err := io.CopyN(io.Discard, c, size/2); err != nil {
		t.Fatal(err)
	}
	_ = c.Close() // with the rest on its way
	if err := <-ended; err == nil || errors.Is(err, io.EOF) {
		t.Errorf("half was read, and the app hears %v", err)
	}
}

func TestTheBotIsNoVisitor(t *testing.T) {
	app := serveApp(t, func(c net.Conn) { _, _ = c.Write([]byte("for the bot")); _ = c.Close() })
	x := startRelay(t, app)
	x.ledger.begin(&Go{MaxVisits: 1, Armed: true}, newClock().now())
	dir := t.TempDir()
	l, err := bind(dir, InwardSocket)
	if err != nil {
		t.Fatal(err)
	}
	x.relay.listenInward(l, app)
	for range 3 {
		c, err := net.Dial("unix", filepath.Join(dir, InwardSocket))
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(patience))
		if b, err := io.ReadAll(c); string(b) != "for the bot" {
			t.Fatalf("read %q, %v", b, err)
		}
		_ = c.Close()
	}
	var s Status
	if x.ledger.fill(&s); s.Visits != 0 || s.Active != 0 {
		t.Errorf("status %+v", s)
	}
	x.relay.close()
	if _, err := net.Dial("unix", filepath.Join(dir, InwardSocket)); err == nil {
		t.Error("it is open after the end")
	}
}

func TestInwardPortIsAnArgument(t *testing.T) {
	got, err := parsePorts([]string{"80:8080", InwardArg(8081)})
	if err != nil || len(got) != 2 || got[1] != (Port{App: 8081}) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{"inward:", "inward:0", "inward:99999", "0:80"} {
		if _, err := parsePorts([]string{bad}); err == nil {
			t.Errorf("%q is a port", bad)
		}
	}
}
