package chat

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// regular is somebody who has been in the room for a while.
func regular(t *testing.T, r *Room, name string) *visitor {
	t.Helper()
	v := inRoom(t, r, name)
	for i := range newcomerLines {
		v.must(fmt.Sprintf("%s says %d", name, i))
		time.Sleep(newcomerTime / 2)
	}
	return v
}

func TestACrowdOfNewcomersStopsNobodyWhoIsHere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{})
		ada := regular(t, r, "Ada")
		frame := ada.open("/log")
		through := 0
		for i := range 300 {
			eve := inRoom(t, r, fmt.Sprintf("Eve%dx", i))
			for range 3 {
				if eve.say("buy this") == "" {
					through++
				}
			}
			if i%30 == 0 {
				ada.must("I am still here")
				time.Sleep(2 * time.Second)
			}
		}
		if through == 0 || through > 10+20*2+1 {
			t.Errorf("%d lines of the crowd in 20 seconds", through)
		}
		for range 300 {
			eve := inRoom(t, r, fmt.Sprintf("Mallory%dx", through))
			through++
			_ = eve.say("buy that")
			time.Sleep(300 * time.Millisecond)
		}
		synctest.Wait()
		lines, _ := r.after(0)
		kept := 0
		for _, l := range lines {
			if l.text == "I am still here" {
				kept++
			}
		}
		if len(lines) > maxLines || kept != 10 {
			t.Errorf("%d lines, and of 10 that were said before %d", len(lines), kept)
		}
		if len(r.people) > maxPeople {
			t.Errorf("%d people are remembered", len(r.people))
		}
		if frame.over() {
			t.Error("the page of somebody who was here has ended")
		}
		ada.must("I was never stopped")
		frame.close()
	})
}

func TestWhoTalksTooFastIsAskedToWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{})
		ada, eve := regular(t, r, "Ada"), regular(t, r, "Eve")
		said := 0
		for range 100 {
			if problem := eve.say("again"); problem == "" {
				said++
			} else if !strings.Contains(problem, "Send it again in 2 seconds.") {
				t.Fatal(problem)
			}
		}
		if said != 6 {
			t.Errorf("%d at once", said)
		}
		ada.must("not my fault")
		time.Sleep(2 * time.Second)
		eve.must("and again")
	})
}

func TestAllTogetherHaveAPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{})
		var all []*visitor
		for i := range 60 {
			all = append(all, regular(t, r, fmt.Sprintf("%cisitor%d", 'A'+i%26, i)))
		}
		said := 0
		for range 6 {
			for _, v := range all {
				if v.say("now") == "" {
					said++
				}
			}
		}
		if said != 30 {
			t.Errorf("%d at once", said)
		}
	})
}

func TestWhoTalksHasAPlaceBeforeWhoOnlyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{})
		ada := regular(t, r, "Ada")
		var pages []*openPage
		for i := range maxStreams + 5 {
			pages = append(pages, inRoom(t, r, fmt.Sprintf("%clurker%d", 'A'+i%26, i)).open("/log"))
			time.Sleep(breathTime)
			synctest.Wait()
		}
		late := pages[maxStreams]
		if !late.over() || !strings.Contains(late.shows(), "Ada says 0") || !strings.Contains(late.raw(), `content="10"`) {
			t.Errorf("without a place: %s", late.raw())
		}
		mine := ada.open("/log")
		time.Sleep(breathTime)
		synctest.Wait()
		if mine.over() || !pages[0].over() || pages[1].over() {
			t.Error("no place for who has talked")
		}
		for range ownStreams {
			ada.open("/events")
			time.Sleep(breathTime)
			synctest.Wait()
		}
		if !mine.over() || len(r.streams) != maxStreams {
			t.Errorf("%d pages, and the first of too many is open: %t", len(r.streams), !mine.over())
		}
		r.mu.Lock()
		for s := range r.streams {
			r.end(s)
		}
		r.mu.Unlock()
		time.Sleep(breathTime)
	})
}
