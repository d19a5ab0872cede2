package shim

import (
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

func TestAppThatWouldReachSomethingIsNotStarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := newFakeApp()
		app.reaches = []string{"the internet"}
		s, _, code := supervise(t, app, time.Minute, nil)
		answer := s.handle(goNow(nil))
		if app.starts != 0 || answer.Status.Going || len(answer.Reached) != 1 || answer.Error == "" {
			t.Errorf("%d starts, answered %+v", app.starts, answer)
		}
		// Nothing is remembered: the next one is tested anew.
		app.reaches = nil
		if answer = s.handle(goNow(nil)); app.starts != 1 || !answer.Status.Going {
			t.Errorf("%d starts, answered %+v", app.starts, answer)
		}
		<-code
	})
}

func TestCallTellsWhatWouldHaveBeenReached(t *testing.T) {
	dir := t.TempDir()
	l, err := bind(dir, ControlSocket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go serveControl(l, func(*Request) (r Response) {
		r.refuse(&ReachedError{Reached: []string{"the internet", "raw\nsockets"}})
		return r
	})
	_, err = Call(t.Context(), filepath.Join(dir, ControlSocket), Request{Op: OpGo, Go: &Go{Command: []string{"app"}}})
	var unsafe *ReachedError
	if !errors.As(err, &unsafe) || len(unsafe.Reached) != 2 || unsafe.Reached[1] != "raw?sockets" {
		t.Errorf("%v", err)
	}
}

func TestNobodyIsStartedUntested(t *testing.T) {
	g := &Go{Command: []string{"app"}, User: &User{UID: 1}}
	if err := g.check(); err == nil {
		t.Error("an app with a user of its own is started without a word on the host")
	}
}
