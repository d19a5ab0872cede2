package shim

import (
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// echo answers with what it hears.
func echo(c net.Conn) {
	defer c.Close()
	_, _ = io.Copy(c, c)
}

// say sends so many bytes and waits until they come back.
func say(t *testing.T, c net.Conn, n int) {
	t.Helper()
	if _, err := c.Write(make([]byte, n)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, n)); err != nil {
		t.Fatal(err)
	}
}

func closed(c net.Conn) bool {
	_ = c.SetReadDeadline(time.Now().Add(patience))
	_, err := c.Read(make([]byte, 1))
	return errors.Is(err, io.EOF)
}

func TestIdleConnectionsShutNobodyOut(t *testing.T) {
	x := startRelay(t, serveApp(t, echo))
	x.relay.crowd.limit(8)
	user := x.visit(t)
	say(t, user, 2*greeting) // as any client does, then is quiet
	var idle []net.Conn
	for range 160 {
		c := x.visit(t)
		say(t, c, 1) // it is through to the app
		idle = append(idle, c)
	}
	say(t, x.visit(t), 2*greeting)
	say(t, user, 2*greeting)
	gone := make(chan bool, len(idle))
	for _, c := range idle {
		go func() { gone <- closed(c) }()
	}
	for n := range len(idle) + 2 - 8 {
		if !<-gone {
			t.Fatalf("%d of 160 idle connections were closed, with room for 8", n)
		}
	}
}

func TestWhoeverHasTalkedGivesWayOnlyToThoseWhoTalk(t *testing.T) {
	x := startRelay(t, serveApp(t, echo))
	x.relay.crowd.limit(2)
	first, second := x.visit(t), x.visit(t)
	say(t, first, 2*greeting)
	say(t, second, 1)
	third := x.visit(t)
	say(t, third, 2*greeting)
	if !closed(second) {
		t.Error("the one who said nothing is still there")
	}
	say(t, first, 1)
	say(t, third, 1)
}

func TestConnectionOnWhichNothingMovesIsClosed(t *testing.T) {
	x := startRelay(t, serveApp(t, echo))
	quiet, busy := x.visit(t), x.visit(t)
	say(t, quiet, 1)
	say(t, busy, 1)
	const limit = time.Second
	for began := time.Now(); time.Since(began) < limit+100*time.Millisecond; time.Sleep(20 * time.Millisecond) {
		say(t, busy, 1)
	}
	x.relay.crowd.closeIdle(time.Now(), limit)
	if !closed(quiet) {
		t.Error("the quiet one is open")
	}
	say(t, busy, 1)
}

// An app that accepts nothing holds nobody's place.
func TestVisitorsWithoutAnAppGiveWayToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(1)
		one, other := net.Pipe()
		v := newVisitor(one, time.Now())
		if !c.enter(v) {
			t.Fatal("no room for the first")
		}
		if !c.enter(newVisitor(one, time.Now())) || v.gone.Err() == nil {
			t.Error("the first did not give way")
		}
		if _, err := other.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("the first's connection is open: %v", err)
		}
		c.close()
		if c.enter(newVisitor(one, time.Now())) {
			t.Error("somebody came in after the end")
		}
	})
}
