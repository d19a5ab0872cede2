package chat

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestWhatOneSaysTheOthersReadAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{Until: func() string { return "Friday\n" }})
		ada, bob := inRoom(t, r, "Ada"), inRoom(t, r, "Bob")
		frame, events := bob.open("/log"), bob.open("/events")
		synctest.Wait()
		ada.must("Hello Bob")
		synctest.Wait()
		if !strings.Contains(frame.shows(), "Hello Bob") {
			t.Errorf("the frame: %s", frame.shows())
		}
		if !strings.Contains(events.shows(), `"name":"Ada"`) || !strings.Contains(events.shows(), `"text":"Hello Bob"`) {
			t.Errorf("the events: %s", events.shows())
		}
		if page := bob.get("/"); !strings.Contains(page, "It ends on Friday.") {
			t.Error(page)
		}
		if late := inRoom(t, r, "Cleo").open("/log"); true {
			synctest.Wait()
			if !strings.Contains(late.shows(), "Hello Bob") {
				t.Errorf("who comes later: %s", late.shows())
			}
			late.close()
		}
		frame.close()
		events.close()
	})
}

func TestAPageThatBreaksOffGoesOnWhereItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{})
		ada := inRoom(t, r, "Ada")
		ada.must("one")
		ada.must("two")
		again := ada.open("/events", "Last-Event-ID", "1")
		other := ada.open("/events", "Last-Event-ID", "900") // of a room before this one
		frame := ada.open("/log")
		synctest.Wait()
		if shows := again.shows(); strings.Contains(shows, `"one"`) || !strings.Contains(shows, `"two"`) {
			t.Error(shows)
		}
		if shows := other.shows(); !strings.Contains(shows, `"one"`) {
			t.Error(shows)
		}
		// Without scripts the browser loads the frame again once it has ended.
		if !strings.Contains(frame.raw(), `http-equiv="refresh"`) || frame.header.Get("Transfer-Encoding") != "identity" {
			t.Error(frame.header, frame.raw())
		}
		time.Sleep(pageLife + time.Second)
		synctest.Wait()
		if !frame.over() {
			t.Error("a page goes on for ever")
		}
		again.close()
		other.close()
	})
}

func TestPausesAreToldAndNoTimeOfDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{})
		ada := inRoom(t, r, "Ada")
		ada.must("first")
		time.Sleep(12 * time.Minute)
		ada.must("second")
		time.Sleep(5 * time.Hour)
		ada.must("third")
		frame := ada.open("/log")
		synctest.Wait()
		for _, want := range []string{"12 minutes later", "5 hours later"} {
			if strings.Count(frame.shows(), want) != 1 {
				t.Errorf("%s: %s", want, frame.shows())
			}
		}
		if strings.Contains(frame.shows(), ":00") || strings.Contains(frame.shows(), "2000") {
			t.Error("a time of day")
		}
		frame.close()
	})
}

func TestWhoIsNotInTheRoomReadsAndSaysNothing(t *testing.T) {
	r := New(Options{})
	inRoom(t, r, "Ada").must("a secret")
	stranger := newVisitor(t, r)
	stranger.get("/")
	for _, path := range []string{"/", "/log", "/say", "/events"} {
		if page := stranger.get(path); strings.Contains(page, "a secret") {
			t.Errorf("%s: %s", path, page)
		}
	}
	if problem := stranger.say("let me in"); problem != sayStopped.Error() {
		t.Error(problem)
	}
	if _, is := r.passOf(&http.Request{Header: http.Header{"Cookie": {"room=x.tag1.QWRh.00000000000000000000000000000000"}}}); is {
		t.Error("a pass that the room has not signed")
	}
}

func TestAnotherSiteCannotSpeakForAVisitor(t *testing.T) {
	r := New(Options{})
	ada, eve := inRoom(t, r, "Ada"), inRoom(t, r, "Eve")
	for _, key := range []string{"", eve.key, strings.Repeat("0", len(ada.key))} {
		for path, form := range map[string]url.Values{
			"/say":   {"text": {"I am a fool"}, "key": {key}},
			"/enter": {"name": {"Fool"}, "key": {key}},
			"/leave": {"key": {key}},
		} {
			before := ada.cookie
			ada.post(path, form)
			if key == eve.key && path == "/enter" {
				ada.cookie = before
			}
		}
	}
	if lines, _ := r.after(0); len(lines) > 0 {
		t.Errorf("said: %v", lines)
	}
}

func TestLeavingTakesTheNameAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{})
		ada := inRoom(t, r, "Ada")
		frame := ada.open("/log")
		synctest.Wait()
		ada.post("/leave", url.Values{"key": {ada.key}})
		synctest.Wait()
		if !frame.over() {
			t.Error("the page goes on")
		}
		if page := ada.get("/"); !strings.Contains(page, "Your name here") {
			t.Error(page)
		}
		inRoom(t, r, "Ada")
	})
}
