package tor_test

import (
	"context"
	"sync"
	"syscall"
	"testing"
	"time"

	"onionbot/services"
	"onionbot/services/onionstest"
)

func TestPublishedOnionOpensThroughAnotherTorUntilRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	p := w.open()
	target := w.serve()
	spec := w.spec(target)
	began := time.Now()
	w.publish(p, spec)
	t.Logf("published after %v", time.Since(began))
	w.probe(p, spec)
	t.Logf("opened after %v", time.Since(began))
	w.publish(p, spec) // again, at once
	cut, count := w.download(spec)

	if err := p.Remove(w.ctx(), spec.Onion.Address); err != nil {
		t.Fatal(err)
	}
	// What is on its way may still arrive. When the visitor's own tor notices
	// is up to the relays between, which on a quiet network hold back the cell
	// that says so; the server's side ends at once.
	w.eventually("the server sees the visitor go", func() bool { return target.visitors.Load() == 0 })
	select {
	case <-cut:
	case <-time.After(300 * time.Millisecond):
	}
	at := count.Load()
	select {
	case <-cut:
	case <-time.After(time.Second): // fifty times the pace of the download
	}
	if count.Load() != at {
		t.Error("the download goes on after the onion was removed")
	}
	if err := p.Remove(w.ctx(), spec.Onion.Address); err != nil {
		t.Errorf("second removal: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	err := p.Probe(ctx, spec.Onion, 80, services.ProbeHTTP)
	if err == nil || services.IsCode(err, services.CodeUnavailable) {
		t.Errorf("probe of a removed onion: %v; want a plain error", err)
	}
	t.Logf("probe of the removed onion: %v", err)
	if list, err := p.List(w.ctx()); err != nil || len(list) != 0 {
		t.Errorf("list = %v, %v; want none", list, err)
	}
}

func TestTorsOutliveThePoolAndAreAdopted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	first := w.open()
	pids := first.Pids()
	spec := w.spec(w.serve())
	w.publish(first, spec)
	w.probe(first, spec)
	cut, count := w.download(spec)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	w.options.TorrcInclude = append(w.options.TorrcInclude, "MaxCircuitDirtiness 700")
	began := time.Now()
	second := w.open()
	t.Logf("adopted after %v", time.Since(began))
	status, err := second.Status(w.ctx(), spec.Onion.Address)
	if err != nil || status.State != services.OnionPublished {
		t.Errorf("status after adoption = %+v, %v", status, err)
	}
	w.publish(second, spec)
	w.probe(second, spec)
	at := count.Load()
	w.eventually("the download goes on", func() bool { return count.Load() > at+1000 })
	select {
	case <-cut:
		t.Error("the download was cut by the change of pools")
	default:
	}
	t.Logf("pids %v, then %v", pids, second.Pids())
	if err := second.Shutdown(w.ctx()); err != nil {
		t.Fatal(err)
	}
	for _, pid := range append(pids, second.Pids()...) {
		w.eventually("every tor has ended, and is reaped", func() bool { return syscall.Kill(pid, 0) != nil })
	}
}

func TestKilledTorIsRestartedAndItsOnionsCanBePublishedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	p := w.open()
	spec := w.spec(w.serve())
	w.publish(p, spec)
	w.probe(p, spec)
	lost := make(chan struct{}, 100)
	go func() {
		_ = p.Events(w.ctx(), func(addr string) {
			if addr == "" {
				lost <- struct{}{}
			}
		})
	}()
	w.eventually("events flow", func() bool { // the subscription is in place
		for _, h := range p.Health(w.ctx()) {
			if h.Onions > 0 {
				return syscall.Kill(h.PID, syscall.SIGKILL) == nil
			}
		}
		return false
	})
	began := time.Now()
	select {
	case <-lost:
	case <-time.After(10 * time.Second):
		t.Fatal("nobody was told that a tor was lost")
	}
	w.eventually("the onion is known as absent", func() bool {
		s, err := p.Status(w.ctx(), spec.Onion.Address)
		return err == nil && s.State == services.OnionAbsent
	})
	w.publish(p, spec)
	t.Logf("published again %v after the kill", time.Since(began))
	w.probe(p, spec)
	t.Logf("opens again %v after the kill", time.Since(began))
	w.eventually("both tors run", func() bool { return len(p.Pids()) == 2 && p.WaitReady(w.ctx(), nil) == nil })
}

func TestCrowdIsPublishedAtAPaceAndThePoolGrows(t *testing.T) {
	w := newWorld(t, 2)
	w.options.MaxPerTor, w.options.MaxSize, w.options.Window = 6, 3, 3
	p := w.open()
	target := w.serve()
	began := time.Now()
	var crowd sync.WaitGroup
	for range 20 {
		spec := w.spec(target)
		crowd.Go(func() {
			if err := p.Publish(w.ctx(), spec); err != nil {
				t.Errorf("publish: %v", err)
				return
			}
			w.probe(p, spec)
		})
	}
	w.eventually("windows are kept", func() bool {
		for _, h := range p.Health(w.ctx()) {
			if h.Unpublished > 3 {
				t.Errorf("%s has %d unpublished onions", h.Name, h.Unpublished)
			}
		}
		list, err := p.List(w.ctx())
		return err == nil && len(list) == 20
	})
	crowd.Wait()
	t.Logf("20 published and opened after %v", time.Since(began))
	health := p.Health(w.ctx())
	if len(health) != 3 {
		t.Errorf("%d tors; want a third one", len(health))
	}
	for _, h := range health {
		t.Logf("%s: %d onions", h.Name, h.Onions)
	}
	list, err := p.List(w.ctx())
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list {
		if err := p.Remove(w.ctx(), o.Address); err != nil {
			t.Error(err)
		}
	}
	w.eventually("the third tor is ended", func() bool { return len(p.Pids()) == 2 })
}

func TestPoolKeepsThePromises(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	p := w.open()
	onionstest.Run(t, func(*testing.T) services.Onions { return p })
}
