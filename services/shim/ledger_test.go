package shim

import (
	"testing"
	"time"
)

// at is a moment so long after noon.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) moment { return moment{wall: noon.Add(d), boot: d} }

func TestOwnCheckBeforeArmingBurnsNothing(t *testing.T) {
	var l ledger
	l.begin(&Go{MaxVisits: 1}, at(0))
	if !l.enter(at(time.Second)) {
		t.Fatal("the check was refused")
	}
	l.leave(at(2 * time.Second))
	if code, _ := l.ending(at(time.Hour)); code != 0 || l.visits != 0 {
		t.Fatalf("code %d, visits %d before arming", code, l.visits)
	}
	l.arm(at(time.Hour))
	if !l.enter(at(time.Hour+time.Second)) || l.visits != 1 {
		t.Fatalf("visits %d after the first visitor", l.visits)
	}
}

func TestVisitsEndWhenTheLastHasLeft(t *testing.T) {
	var l ledger
	l.begin(&Go{MaxVisits: 2, Visits: 1, Armed: true}, at(0))
	if !l.enter(at(1 * time.Second)) {
		t.Fatal("the last visit was refused")
	}
	if l.enter(at(2 * time.Second)) {
		t.Fatal("one visit too many came in")
	}
	if code, _ := l.ending(at(time.Hour)); code != 0 {
		t.Fatal("ended while the last visitor was there")
	}
	l.leave(at(time.Hour))
	if code, _ := l.ending(at(time.Hour)); code != ExitVisits {
		t.Fatalf("code %d after the last visit", code)
	}
}

func TestBrowserConnectionsAreOneVisit(t *testing.T) {
	var l ledger
	l.begin(&Go{MaxVisits: 1, Burst: 30 * time.Second, Armed: true}, at(0))
	for i := range 5 {
		if !l.enter(at(time.Duration(i) * 20 * time.Second)) {
			t.Fatalf("connection %d of the visit was refused", i)
		}
	}
	for range 5 {
		l.leave(at(100 * time.Second))
	}
	if code, again := l.ending(at(110 * time.Second)); code != 0 || again != 20*time.Second {
		t.Fatalf("code %d again %v within the burst", code, again)
	}
	if code, _ := l.ending(at(130 * time.Second)); code != ExitVisits {
		t.Fatalf("code %d after the burst", code)
	}
	if l.enter(at(131*time.Second)) || l.visits != 1 {
		t.Fatalf("a second visit came in; visits %d", l.visits)
	}
}

func TestUsedUpVisitsStayUsedUpInANewContainer(t *testing.T) {
	var l ledger
	l.begin(&Go{MaxVisits: 3, Visits: 3, Burst: time.Minute, Armed: true}, at(0))
	if l.enter(at(time.Second)) {
		t.Error("a visit came in")
	}
	if code, _ := l.ending(at(0)); code != ExitVisits {
		t.Errorf("code %d", code)
	}
}

func TestIdleIsCountedFromArmingAndFromTheLastVisitor(t *testing.T) {
	var l ledger
	l.begin(&Go{Idle: 15 * time.Minute}, at(0))
	if code, _ := l.ending(at(time.Hour)); code != 0 {
		t.Fatal("idle before arming")
	}
	l.arm(at(time.Hour))
	if code, again := l.ending(at(time.Hour + 5*time.Minute)); code != 0 || again != 10*time.Minute {
		t.Fatalf("code %d again %v", code, again)
	}
	l.enter(at(time.Hour + 10*time.Minute))
	if code, _ := l.ending(at(3 * time.Hour)); code != 0 {
		t.Fatal("an open connection is a visitor")
	}
	l.leave(at(3 * time.Hour))
	if code, _ := l.ending(at(3*time.Hour + 14*time.Minute)); code != 0 {
		t.Fatal("ended too early")
	}
	if code, _ := l.ending(at(3*time.Hour + 15*time.Minute)); code != ExitIdle {
		t.Fatal("did not end")
	}
}

func TestComingBackKeepsNoVisitOpenForEver(t *testing.T) {
	var l ledger
	l.begin(&Go{MaxVisits: 1, Burst: 30 * time.Second, Armed: true}, at(0))
	for now := time.Duration(0); now < time.Hour; now += 25 * time.Second {
		if !l.enter(at(now)) {
			if now < maxVisit {
				t.Errorf("refused after %v", now)
			}
			if code, _ := l.ending(at(now)); code != ExitVisits {
				t.Errorf("code %d when the one visit was over", code)
			}
			return
		}
		l.leave(at(now + time.Second))
	}
	t.Error("one visit has gone on for an hour")
}

func TestVerdictIsLookedForWhenAVisitIsOver(t *testing.T) {
	var l ledger
	l.begin(&Go{MaxVisits: 1, Burst: 30 * time.Second, Armed: true}, at(0))
	for now := time.Duration(0); now < maxVisit; now += 20 * time.Second {
		l.enter(at(now))
		l.leave(at(now))
	}
	code, again := l.ending(at(maxVisit - 5*time.Second))
	if code != 0 || again != 5*time.Second {
		t.Errorf("code %d, again in %v", code, again)
	}
}

func TestVisitorWhoEndsTheAppGetsNoVisitBack(t *testing.T) {
	for _, c := range []struct {
		rules Go
		want  int
	}{
		{Go{MaxVisits: 1, Burst: time.Minute, Armed: true}, ExitVisits},
		{Go{MaxVisits: 2, Burst: time.Minute, Armed: true}, ExitApp},
		{Go{Burst: time.Minute, Armed: true}, ExitApp},
	} {
		var l ledger
		l.begin(&c.rules, at(0))
		l.enter(at(time.Second))
		if got := l.appEnded(); got != c.want {
			t.Errorf("%+v: exit code %d, want %d", c.rules, got, c.want)
		}
	}
}
