package tor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onionbot/services"
)

func TestQueueLetsOwnersTakeTurns(t *testing.T) {
	var q fairQueue
	made := map[string]*publication{}
	for _, name := range []string{"a1", "a2", "a3", "-1", "b1", "c1", "c2", "-2"} {
		owner := strings.Trim(name[:1], "-")
		made[name] = &publication{id: name, spec: services.OnionSpec{Owner: owner}}
		q.push(made[name])
	}
	q.remove(made["a2"])
	var got []string
	for pub := q.pop(); pub != nil; pub = q.pop() {
		got = append(got, pub.id)
	}
	if diff := cmp.Diff([]string{"a1", "b1", "c1", "a3", "c2", "-1", "-2"}, got); diff != "" {
		t.Error(diff)
	}
	if !q.empty() {
		t.Error("not empty")
	}
}

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

func TestSilentTorKeepsItsOnionsUntilItIsDead(t *testing.T) {
	f, g := newFakeTor(t), newFakeTor(t)
	p := openFakes(t, Options{CallTimeout: 200 * time.Millisecond}, f, g)
	spec := testSpec(t, "alice")
	if err := p.Publish(soon(t), spec); err != nil {
		t.Fatal(err)
	}
	home, other := f, g
	if len(g.adds) > 0 {
		home, other = g, f
	}
	home.with(func() { home.hung = true })
	if s, err := p.Status(soon(t), spec.Onion.Address); !services.IsCode(err, services.CodeUnavailable) {
		t.Errorf("status of an onion on a silent tor = %+v, %v", s, err)
	}
	if l, err := p.List(soon(t)); !services.IsCode(err, services.CodeUnavailable) {
		t.Errorf("list with a silent tor = %v, %v", l, err)
	}
	if err := p.Remove(soon(t), spec.Onion.Address); !services.IsCode(err, services.CodeUnavailable) {
		t.Errorf("removal from a silent tor = %v", err)
	}
	untilState(t, p, home, stateSilent)
	if err := p.Publish(soon(t), spec); !services.IsCode(err, services.CodeUnavailable) {
		t.Errorf("publish of an onion on a silent tor = %v", err)
	}
	if err := p.Publish(soon(t), testSpec(t, "bob")); err != nil {
		t.Errorf("publish of another onion while a tor is silent: %v", err)
	}
	if n := len(other.adds); n != 1 {
		t.Errorf("%d onions were added to the other tor; want bob's", n)
	}

	home.die()
	untilState(t, p, home, stateDead)
	if s, err := p.Status(soon(t), spec.Onion.Address); err != nil || s.State != services.OnionAbsent {
		t.Errorf("status after the tor's death = %+v, %v", s, err)
	}
	if err := p.Publish(soon(t), spec); err != nil {
		t.Errorf("publish after the tor's death: %v", err)
	}
}

// untilState waits until the pool thinks so of the tor.
func untilState(t *testing.T, p *Pool, f *fakeTor, want memberState) {
	t.Helper()
	err := p.await(soon(t), func() (bool, error) {
		i := slices.IndexFunc(p.members, func(m *member) bool { return m.control == f.socket })
		return p.members[i].state == want, nil
	})
	if err != nil {
		t.Fatalf("never in state %d: %v", want, err)
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
		"client key":         func(s *services.OnionSpec) { s.Onion.Clients = []string{"abc\r\n"} },
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

func TestEveryOnionIsListed(t *testing.T) {
	for _, n := range []int{0, 1, 3, 200} {
		f := newFakeTor(t)
		var want []string
		for range n {
			want = append(want, idOf(testSpec(t, ""))+".onion")
			f.onions = append(f.onions, idOf(services.OnionSpec{Onion: services.Onion{Address: want[len(want)-1]}}))
		}
		p := openFakes(t, Options{}, f)
		list, err := p.List(soon(t))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range list {
			got = append(got, s.Address)
		}
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d onions: %s", n, diff)
		}
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

func TestRemoveClosesWhatVisitorsHoldAndNothingElse(t *testing.T) {
	f := newFakeTor(t)
	p := openFakes(t, Options{}, f)
	spec, other := testSpec(t, "alice"), testSpec(t, "bob")
	for _, s := range []services.OnionSpec{spec, other} {
		if err := p.Publish(soon(t), s); err != nil {
			t.Fatal(err)
		}
	}
	circuit := "%d BUILT $A,$B BUILD_FLAGS=IS_INTERNAL PURPOSE=%s HS_STATE=X REND_QUERY=%s TIME_CREATED=2026-01-01T00:00:00"
	kept := []string{
		fmt.Sprintf(circuit, 11, "HS_SERVICE_REND", idOf(other)),
		fmt.Sprintf(circuit, 12, "HS_CLIENT_REND", idOf(spec)),
		"13 BUILT $A PURPOSE=GENERAL TIME_CREATED=2026-01-01T00:00:00",
	}
	f.with(func() {
		f.circuits = append([]string{
			fmt.Sprintf(circuit, 1, "HS_SERVICE_REND", idOf(spec)),
			fmt.Sprintf(circuit, 2, "HS_SERVICE_REND", idOf(spec)),
		}, kept...)
	})
	for range 2 { // removing what is gone succeeds
		if err := p.Remove(soon(t), spec.Onion.Address); err != nil {
			t.Fatal(err)
		}
	}
	f.with(func() {
		if diff := cmp.Diff(kept, f.circuits); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{idOf(other)}, f.onions); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRemovalEndsThePublicationItMeets(t *testing.T) {
	f := newFakeTor(t)
	f.manual = true
	p := openFakes(t, Options{}, f)
	spec := testSpec(t, "alice")
	done := background(soon(t), p, spec)
	take(t, f.adds)
	if err := p.Remove(soon(t), spec.Onion.Address); err != nil {
		t.Fatal(err)
	}
	if err := take(t, done); !errors.Is(err, errRemoved) {
		t.Errorf("publish = %v", err)
	}
	if list, err := p.List(soon(t)); err != nil || len(list) != 0 {
		t.Errorf("list = %v, %v", list, err)
	}
}

func TestRequestThatTimedOutIsFollowedByANewConnection(t *testing.T) {
	f := newFakeTor(t)
	once := true
	f.script = func(line string) string {
		if once && line == "GETINFO version" {
			once = false
			return "hang"
		}
		return ""
	}
	l := newLink(f.socket, 100*time.Millisecond)
	defer l.reset()
	ask := func(key string) error {
		return l.do(soon(t), func(s *session) error {
			_, err := s.info(soon(t), key)
			return err
		})
	}
	if err := ask("version"); !errors.Is(err, errNoAnswer) {
		t.Errorf("request without a reply = %v", err)
	}
	if err := ask("network-liveness"); err != nil {
		t.Errorf("next request: %v", err)
	}
	f.with(func() {
		if f.total != 2 {
			t.Errorf("%d connections; want 2", f.total)
		}
	})
}

func TestFloodOfEventsIsDrained(t *testing.T) {
	f := newFakeTor(t)
	p := openFakes(t, Options{}, f)
	stuck := make(chan struct{})
	defer close(stuck)
	go func() { _ = p.Events(t.Context(), func(string) { <-stuck }) }() // a reader that never reads on
	id := idOf(testSpec(t, ""))
	go func() {
		for range 20000 {
			f.upload(id)
		}
	}()
	for range 20 {
		if err := p.Publish(soon(t), testSpec(t, "alice")); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEventsTellOfLossAndChange(t *testing.T) {
	f := newFakeTor(t)
	p := openFakes(t, Options{}, f)
	told := make(chan string, 100)
	go func() { _ = p.Events(t.Context(), func(a string) { told <- a }) }()
	if err := p.await(soon(t), func() (bool, error) { return true, nil }); err != nil {
		t.Fatal(err)
	}
	untilWatched(t, p)
	spec := testSpec(t, "alice")
	if err := p.Publish(soon(t), spec); err != nil {
		t.Fatal(err)
	}
	if got := take(t, told); got != spec.Onion.Address {
		t.Errorf("told %q on publication", got)
	}
	f.with(func() { f.onions = nil })
	if s, err := p.Status(soon(t), spec.Onion.Address); err != nil || s.State != services.OnionAbsent {
		t.Errorf("status = %+v, %v", s, err)
	}
	if got := take(t, told); got != spec.Onion.Address {
		t.Errorf("told %q on loss", got)
	}
	f.die()
	if got := take(t, told); got != "" {
		t.Errorf("told %q when the tor ended", got)
	}
	if err := p.Ping(soon(t)); !services.IsCode(err, services.CodeUnavailable) {
		t.Errorf("ping without a tor = %v", err)
	}
}

// untilWatched waits until somebody follows the events.
func untilWatched(t *testing.T, p *Pool) {
	t.Helper()
	for ctx := soon(t); ; {
		p.mu.Lock()
		n := len(p.watch)
		p.mu.Unlock()
		if n > 0 {
			return
		}
		if pause(ctx, time.Millisecond) != nil {
			t.Fatal("nobody watches")
		}
	}
}

func TestTwoPoolsCannotShareAStateDirectory(t *testing.T) {
	f := newFakeTor(t)
	p := openFakes(t, Options{}, f)
	o := p.o
	if second, err := Open(t.Context(), o); !services.IsCode(err, services.CodeLocked) {
		t.Errorf("second pool = %v, %v", second, err)
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
