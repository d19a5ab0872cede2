package tor

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"onionbot/services"
)

// say tells of a descriptor on its way to a directory.
func (f *fakeTor) say(action, id string) {
	f.with(func() {
		for c, events := range f.conns {
			if events {
				_, _ = fmt.Fprintf(c, "650 HS_DESC %s %s UNKNOWN $%040d~relay\r\n", action, id, 7)
			}
		}
	})
}

// has reports whether the tor has the onion.
func (f *fakeTor) has(id string) bool {
	there := false
	f.with(func() {
		for _, o := range f.onions {
			there = there || o == id
		}
	})
	return there
}

func TestPublicationWhoseUploadsFailGetsAnotherTor(t *testing.T) {
	for name, c := range map[string]struct {
		timeout time.Duration
		uploads []string
	}{
		"none begins":      {100 * time.Millisecond, nil},
		"all were refused": {time.Second, []string{"UPLOAD", "UPLOAD", "FAILED", "FAILED"}},
		"one never ends":   {100 * time.Millisecond, []string{"UPLOAD", "UPLOAD", "FAILED"}},
	} {
		t.Run(name, func(t *testing.T) {
			f, g := newFakeTor(t), newFakeTor(t)
			f.manual, g.manual = true, true
			p := openFakes(t, Options{PublishTimeout: c.timeout}, f, g)
			spec := testSpec(t, "alice")
			done := background(soon(t), p, spec)
			first, second := f, g
			select {
			case <-f.adds:
			case <-g.adds:
				first, second = g, f
			}
			for _, action := range c.uploads {
				first.say(action, idOf(spec))
			}
			id := take(t, second.adds)
			if first.has(id) {
				t.Error("the key is on two tors")
			}
			first.say("UPLOADED", id) // late words of the tor that was given up count for nothing
			select {
			case err := <-done:
				t.Errorf("publish = %v before the second upload", err)
			case <-time.After(20 * time.Millisecond):
			}
			second.upload(id)
			if err := take(t, done); err != nil {
				t.Error(err)
			}
			if s, err := p.Status(soon(t), spec.Onion.Address); err != nil || s.State != services.OnionPublished {
				t.Errorf("status = %+v, %v", s, err)
			}
		})
	}
}

func TestPublicationIsGivenUpAfterTwoAttempts(t *testing.T) {
	f := newFakeTor(t)
	f.manual = true
	p := openFakes(t, Options{PublishTimeout: 50 * time.Millisecond}, f)
	spec := testSpec(t, "alice")
	if err := take(t, background(soon(t), p, spec)); !errors.Is(err, errNoUpload) {
		t.Errorf("publish = %v", err)
	}
	if n := len(f.adds); n != attempts {
		t.Errorf("%d attempts", n)
	}
}

func TestSlowUploadAfterRefusalsIsWaitedFor(t *testing.T) {
	f := newFakeTor(t)
	f.manual = true
	p := openFakes(t, Options{PublishTimeout: 1500 * time.Millisecond}, f)
	spec := testSpec(t, "alice")
	done := background(soon(t), p, spec)
	id := take(t, f.adds)
	for _, action := range []string{"UPLOAD", "FAILED", "UPLOAD"} {
		f.say(action, id)
	}
	select {
	case <-f.adds:
		t.Error("the onion was taken from a tor that still uploads it")
	case <-time.After(300 * time.Millisecond): // three times as long as after refusals by all
	}
	f.upload(id)
	if err := take(t, done); err != nil {
		t.Error(err)
	}
}

func TestRemovalMeetsASecondAttempt(t *testing.T) {
	f := newFakeTor(t)
	f.manual = true
	p := openFakes(t, Options{PublishTimeout: 50 * time.Millisecond}, f)
	spec := testSpec(t, "alice")
	done := background(soon(t), p, spec)
	take(t, f.adds)
	id := take(t, f.adds)
	if err := p.Remove(soon(t), spec.Onion.Address); err != nil {
		t.Fatal(err)
	}
	if err := take(t, done); !errors.Is(err, errRemoved) && !errors.Is(err, errNoUpload) {
		t.Errorf("publish = %v", err)
	}
	if f.has(id) {
		t.Error("it is still there")
	}
}

func TestPublicationWaitsForHalfOfItsDirectories(t *testing.T) {
	f := newFakeTor(t)
	f.manual = true
	p := openFakes(t, Options{}, f)
	spec := testSpec(t, "alice")
	done := background(soon(t), p, spec)
	id := take(t, f.adds)
	is := func(want services.OnionState) {
		t.Helper()
		if s, err := p.Status(soon(t), spec.Onion.Address); err != nil || s.State != want {
			t.Errorf("the onion is %q, %v; want %q", s.State, err, want)
		}
	}
	say := func(action string) {
		f.with(func() {
			for c, events := range f.conns {
				if events {
					_, _ = fmt.Fprintf(c, "650 HS_DESC %s %s UNKNOWN $%040d~relay\r\n", action, id, 7)
				}
			}
		})
	}
	for _, action := range []string{"UPLOAD", "UPLOAD", "UPLOAD", "UPLOAD", "UPLOADED", "FAILED"} {
		say(action)
	}
	select {
	case err := <-done:
		t.Errorf("published with one directory of four: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	is(services.OnionAdded)
	say("UPLOADED")
	if err := take(t, done); err != nil {
		t.Error(err)
	}
	is(services.OnionPublished)
}
