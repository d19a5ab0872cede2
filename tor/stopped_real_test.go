package tor_test

import (
	"syscall"
	"testing"
	"time"

	"onionbot/services"
	"onionbot/tor"
)

// host returns how the tor does that has the onions.
func (w *world) host(p *tor.Pool) tor.TorHealth {
	w.Helper()
	for _, h := range p.Health(w.ctx()) {
		if h.Onions > 0 {
			return h
		}
	}
	return tor.TorHealth{}
}

func (w *world) signal(pid int, sig syscall.Signal) {
	w.Helper()
	if err := syscall.Kill(pid, sig); err != nil {
		w.Fatal(err)
	}
}

func TestStoppedTorIsUnknownUntilItGoesOnAndReplacedIfItDoesNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.options.CallTimeout, w.options.HangLimit = 500*time.Millisecond, 4*time.Second
	p := w.open()
	spec := w.spec(w.serve())
	w.publish(p, spec)
	w.probe(p, spec)
	pid := w.host(p).PID

	w.signal(pid, syscall.SIGSTOP)
	if s, err := p.Status(w.ctx(), spec.Onion.Address); !services.IsCode(err, services.CodeUnavailable) {
		t.Errorf("status on a stopped tor = %+v, %v; want that nothing is known", s, err)
	}
	if err := p.Remove(w.ctx(), spec.Onion.Address); !services.IsCode(err, services.CodeUnavailable) {
		t.Errorf("removal from a stopped tor = %v", err)
	}
	if err := p.Publish(w.ctx(), spec); !services.IsCode(err, services.CodeUnavailable) {
		t.Errorf("publication of what a stopped tor has = %v", err)
	}
	if err := p.Ping(w.ctx()); err != nil {
		t.Errorf("ping while the other tor answers: %v", err)
	}
	w.signal(pid, syscall.SIGCONT)
	w.eventually("the onion is known again", func() bool {
		s, err := p.Status(w.ctx(), spec.Onion.Address)
		return err == nil && (s.State == services.OnionPublished || s.State == services.OnionAbsent)
	})
	if h := w.host(p); h.PID != pid && h.Onions > 0 {
		t.Errorf("a tor that went on in time was replaced: %+v", h)
	}
	w.publish(p, spec) // the removal may have reached it late
	w.probe(p, spec)

	pid = w.host(p).PID
	w.signal(pid, syscall.SIGSTOP)
	w.eventually("the tor is ended, and the onion known as absent", func() bool {
		s, err := p.Status(w.ctx(), spec.Onion.Address)
		return err == nil && s.State == services.OnionAbsent && syscall.Kill(pid, 0) != nil
	})
	w.publish(p, spec)
	w.probe(p, spec)
	w.eventually("both tors answer", func() bool {
		up := 0
		for _, h := range p.Health(w.ctx()) {
			if h.Answering && h.PID != pid {
				up++
			}
		}
		return up == 2
	})
}
