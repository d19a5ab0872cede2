package tor

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onionbot/services"
)

func TestListOfTheTorReplacesWhatWasKnown(t *testing.T) {
	f := newFakeTor(t)
	p := openFakes(t, Options{}, f)
	stays, goes, comes := testSpec(t, "alice"), testSpec(t, "alice"), testSpec(t, "")
	for _, s := range []services.OnionSpec{stays, goes} {
		if err := p.Publish(soon(t), s); err != nil {
			t.Fatal(err)
		}
	}
	told := make(chan string, 100)
	go func() { _ = p.Events(t.Context(), func(a string) { told <- a }) }()
	untilWatched(t, p)
	f.with(func() { f.onions = []string{idOf(comes), idOf(stays)} })
	if _, err := p.List(soon(t)); err != nil {
		t.Fatal(err)
	}
	for spec, want := range map[*services.OnionSpec]services.OnionState{
		&stays: services.OnionPublished, &goes: services.OnionAbsent, &comes: services.OnionPublished,
	} {
		if s, err := p.Status(soon(t), spec.Onion.Address); err != nil || s.State != want {
			t.Errorf("%+v, %v; want %q", s, err, want)
		}
	}
	if got := take(t, told); got != goes.Onion.Address || len(told) != 0 {
		t.Errorf("told of %s and %d more; want only the one that is lost", got, len(told))
	}
}

func TestCrowdOfQuestionsIsAnsweredByFewLists(t *testing.T) {
	f := newFakeTor(t)
	p := openFakes(t, Options{}, f)
	spec := testSpec(t, "alice")
	if err := p.Publish(soon(t), spec); err != nil {
		t.Fatal(err)
	}
	var asking, done sync.WaitGroup
	lists, first := 0, make(chan struct{})
	f.with(func() {
		f.script = func(line string) string {
			if line == "GETINFO onions/detached" {
				if lists++; lists == 1 {
					<-first
				}
			}
			return ""
		}
	})
	const crowd = 200
	asking.Add(crowd)
	for range crowd {
		done.Go(func() {
			asking.Done()
			if s, err := p.Status(soon(t), spec.Onion.Address); err != nil || s.State != services.OnionPublished {
				t.Errorf("status = %+v, %v", s, err)
			}
		})
	}
	asking.Wait()
	close(first)
	done.Wait()
	f.with(func() {
		if lists > crowd/10 {
			t.Errorf("%d callers caused %d lists", crowd, lists)
		}
	})
}

func TestAnswerIsNeverOlderThanTheQuestion(t *testing.T) {
	f := newFakeTor(t)
	p := openFakes(t, Options{}, f)
	spec := testSpec(t, "alice")
	if err := p.Publish(soon(t), spec); err != nil {
		t.Fatal(err)
	}
	begun, goOn := make(chan struct{}), make(chan struct{})
	f.with(func() {
		f.script = func(line string) string {
			if line != "GETINFO onions/detached" {
				return ""
			}
			f.script = nil
			reply := f.info("onions/detached") // as it is now
			f.mu.Unlock()
			close(begun)
			<-goOn
			f.mu.Lock()
			return reply
		}
	})
	var early, late services.OnionStatus
	var asking sync.WaitGroup
	ask := func(into *services.OnionStatus) {
		asking.Go(func() {
			var err error
			if *into, err = p.Status(soon(t), spec.Onion.Address); err != nil {
				t.Error(err)
			}
		})
	}
	ask(&early)
	take(t, begun)
	f.with(func() { f.onions = nil })
	ask(&late)
	close(goOn)
	asking.Wait()
	if late.State != services.OnionAbsent {
		t.Errorf("asked after the loss: %+v", late)
	}
}

// BenchmarkMerge compares the survey of a tor's onions with its floor, the
// making of the set of their names. The ratio must not grow with their number.
func BenchmarkMerge(b *testing.B) {
	for _, n := range []int{500, 5000, 50000} {
		b.Run(fmt.Sprint("onions=", n), func(b *testing.B) {
			ids := make([]string, n)
			p := &Pool{pubs: map[string]*publication{}}
			m := &member{pool: p, onions: map[string]*entry{}}
			for i := range ids {
				ids[i] = fmt.Sprintf("%056d", i)
			}
			m.merge(ids)
			var floor, ours time.Duration
			for b.Loop() {
				began := time.Now()
				set := map[string]struct{}{}
				for _, id := range ids {
					set[id] = struct{}{}
				}
				between := time.Now()
				m.merge(ids)
				floor, ours = floor+between.Sub(began), ours+time.Since(between)
			}
			b.ReportMetric(float64(ours)/float64(floor), "x-floor")
		})
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
