package tor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"onionbot/services"
)

func TestWindowBoundsUnpublishedOnions(t *testing.T) {
	f := newFakeTor(t)
	f.manual = true
	p := openFakes(t, Options{Window: 2}, f)
	var done []<-chan error
	for i := range 5 {
		done = append(done, background(soon(t), p, testSpec(t, fmt.Sprint("user", i))))
	}
	first, second := take(t, f.adds), take(t, f.adds)
	select {
	case <-f.adds:
		t.Fatal("a third onion while two are unpublished")
	case <-time.After(50 * time.Millisecond):
	}
	f.upload(first)
	third := take(t, f.adds)
	f.upload(second)
	f.upload(third)
	f.upload(take(t, f.adds))
	f.upload(take(t, f.adds))
	for _, d := range done {
		if err := take(t, d); err != nil {
			t.Error(err)
		}
	}
}

func TestOnionThatIsThereAlreadyIsPublished(t *testing.T) {
	f := newFakeTor(t)
	p := openFakes(t, Options{}, f)
	spec := testSpec(t, "alice")
	f.with(func() { f.onions = append(f.onions, idOf(spec)) }) // behind the pool's back
	if err := p.Publish(soon(t), spec); err != nil {
		t.Fatal(err)
	}
	if err := p.Publish(soon(t), spec); err != nil {
		t.Fatal(err)
	}
	if s, err := p.Status(soon(t), spec.Onion.Address); err != nil || s.State != services.OnionPublished || !s.Foreign {
		t.Errorf("status = %+v, %v", s, err)
	}
}

func TestUnansweredAddIsNeverPlacedTwice(t *testing.T) {
	f, g := newFakeTor(t), newFakeTor(t)
	deaf := func(line string) string { // it acts, and its answer is lost
		if key, ok := strings.CutPrefix(line, "ADD_ONION "); ok {
			f.onions = append(f.onions, idOfKey(t, strings.Fields(key)[0]))
			return "hang"
		}
		return ""
	}
	f.script = deaf
	g.with(func() { g.onions = []string{idOf(testSpec(t, ""))} }) // so that f is the less loaded
	p := openFakes(t, Options{CallTimeout: 200 * time.Millisecond}, f, g)
	spec := testSpec(t, "alice")
	if err := p.Publish(soon(t), spec); !services.IsCode(err, services.CodeUnavailable) {
		t.Fatalf("publish without an answer = %v", err)
	}
	f.with(func() { f.script = nil })
	f.upload(idOf(spec))
	untilState(t, p, f, stateUp)
	if err := p.Publish(soon(t), spec); err != nil {
		t.Fatal(err)
	}
	if len(g.adds) != 0 {
		t.Error("the key is on two tors")
	}
}

func TestMalformedValuesNeverReachTor(t *testing.T) {
	f := newFakeTor(t)
	p := openFakes(t, Options{}, f)
	good := testSpec(t, "alice")
	for name, spoil := range map[string]func(*services.OnionSpec){
		"line end in socket": func(s *services.OnionSpec) { s.Targets[0].Socket = "/x\r\nSIGNAL HALT" },
		"space in socket":    func(s *services.OnionSpec) { s.Targets[0].Socket = "/x y" },
		"relative socket":    func(s *services.OnionSpec) { s.Targets[0].Socket = "x" },
		"no port":            func(s *services.OnionSpec) { s.Targets = nil },
		"client key":         func(s *services.OnionSpec) { s.Onion.Clients = []services.Client{{Key: "abc\r\n"}} },
		"address":            func(s *services.OnionSpec) { s.Onion.Address = "x\r\nSIGNAL HALT.onion" },
		"other key":          func(s *services.OnionSpec) { s.Onion.Key = testSpec(t, "").Onion.Key },
		"key":                func(s *services.OnionSpec) { s.Onion.Key = "ED25519-V3:\r\n" },
		"random key":         func(s *services.OnionSpec) { s.Onion.Key = "NEW:BEST" },
	} {
		spec := good
		spec.Targets = slices.Clone(good.Targets)
		spoil(&spec)
		err := p.Publish(soon(t), spec)
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), "ED25519-V3:") {
			t.Errorf("%s: the error holds a key: %v", name, err)
		}
	}
	for _, word := range []string{"", "a b", "a\rb", "a\nb", "a\x00b"} {
		err := p.members[0].link.do(soon(t), func(s *session) error {
			_, err := s.request(soon(t), "GETINFO", word)
			return err
		})
		if err == nil || errors.Is(err, errNoAnswer) {
			t.Errorf("request with %q = %v", word, err)
		}
	}
	if len(f.adds) != 0 {
		t.Error("something was added")
	}
}

func TestPublicationsOfOneAddressJoin(t *testing.T) {
	f := newFakeTor(t)
	f.manual = true
	p := openFakes(t, Options{}, f)
	spec := testSpec(t, "alice")
	ctx, cancel := context.WithCancel(t.Context())
	left, stays := background(ctx, p, spec), background(soon(t), p, spec)
	id := take(t, f.adds)
	cancel()
	if err := take(t, left); !errors.Is(err, context.Canceled) && err != nil {
		t.Errorf("the one who left got %v", err)
	}
	f.upload(id)
	if err := take(t, stays); err != nil {
		t.Error(err)
	}
	if len(f.adds) != 0 {
		t.Error("added twice")
	}
}

func TestQueuedPublicationLeavesWithItsContext(t *testing.T) {
	f := newFakeTor(t)
	f.manual = true
	p := openFakes(t, Options{Window: 1}, f)
	first := background(soon(t), p, testSpec(t, "alice"))
	id := take(t, f.adds)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	queued := testSpec(t, "bob")
	if err := p.Publish(ctx, queued); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("publish = %v", err)
	}
	f.upload(id)
	if err := take(t, first); err != nil {
		t.Error(err)
	}
	if s, err := p.Status(soon(t), queued.Onion.Address); err != nil || s.State != services.OnionAbsent {
		t.Errorf("status = %+v, %v", s, err)
	}
}
