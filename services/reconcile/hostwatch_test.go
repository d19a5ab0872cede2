package reconcile_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"onionbot/services"
)

// watchedHost is a host whose operator is told of troubles with it.
func watchedHost(t *testing.T) *host {
	h := newHost(t)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); h.reconciler.WatchHost(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return h
}

// wantHost are the words to the operator so far: a trouble, or "over".
func (h *host) wantHost(want ...string) {
	h.t.Helper()
	var got []string
	for _, n := range h.said(services.KindHost) {
		word := n.Args["what"]
		if n.Args["over"] != "" {
			word = "over"
		}
		if n.To != chief || !n.Alert {
			h.t.Errorf("told %+v", n)
		}
		got = append(got, word)
	}
	if len(got) != len(want) {
		h.t.Fatalf("told %q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			h.t.Errorf("told %q, want %q", got, want)
		}
	}
}

const engineTrouble = "the container engine does not answer"

func TestOperatorsHearOfTroubleOnceAndOfItsEndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := watchedHost(t)
		h.fail("Ping", errors.New("no engine"))
		h.after(3 * time.Hour)
		h.wantHost(engineTrouble)
		h.fail("Ping", nil)
		h.after(3 * time.Hour)
		h.wantHost(engineTrouble, "over")
	})
}

func TestOperatorsDoNotHearOfAHiccup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := watchedHost(t)
		h.fail("Ping", errors.New("no engine"))
		h.after(80 * time.Second)
		h.fail("Ping", nil)
		h.after(time.Hour)
		h.wantHost()
	})
}

func TestATroubleThatComesAndGoesIsNotToldEachTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := watchedHost(t)
		for range 4 { // within an hour
			h.fail("Ping", errors.New("no engine"))
			h.after(5 * time.Minute)
			h.fail("Ping", nil)
			h.after(5 * time.Minute)
		}
		h.wantHost(engineTrouble, "over")
		h.after(time.Hour)
		h.fail("Ping", errors.New("no engine"))
		h.after(5 * time.Minute)
		h.wantHost(engineTrouble, "over", engineTrouble)
	})
}

func TestAFullDiskIsToldOfAsSoonAsThereIsRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := watchedHost(t)
		h.begin(services.StartOptions{Service: "site", Life: 20 * time.Hour})
		h.after(time.Minute)
		h.diskFull.Store(true)
		h.fail("Ping", errors.New("no engine")) // something that has to be written
		h.after(10 * time.Minute)
		h.wantHost()
		h.diskFull.Store(false)
		h.after(10 * time.Minute)
		var over []string
		for _, n := range h.said(services.KindHost) {
			if n.Args["over"] != "" {
				over = append(over, n.Args["what"])
			}
		}
		if !slices.Equal(over, []string{"the state directory cannot be written to"}) {
			t.Errorf("told that it is over: %q", over)
		}
	})
}
