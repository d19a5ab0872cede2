package onionstest

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"onionbot/services"
)

// attempt bounds one probe, as those who probe do.
const attempt = 15 * time.Second

// until probes until it succeeds, or for a code until that comes: published is
// not yet reachable, removed is not yet forgotten. Before success every answer
// but busy may come; before a code every one but success.
func (s *suite) until(t *testing.T, spec services.OnionSpec, port int, want services.Code) {
	t.Helper()
	for over := time.Now().Add(step); ; {
		ctx, cancel := context.WithTimeout(t.Context(), attempt)
		err := s.onions.Probe(ctx, spec.Onion, port, services.ProbeHTTP)
		cancel()
		switch {
		case services.CodeOf(err) == want:
			return
		case err == nil:
			t.Fatalf("opened; want %q", want)
		case time.Now().After(over):
			t.Fatalf("probe = %v to the end; want %q", err, want)
		}
	}
}

func (s *suite) closed(t *testing.T) {
	spec := s.fresh(t)
	if err := s.onions.Publish(within(t), spec); err != nil {
		t.Fatal(err)
	}
	s.until(t, spec, 80, "")
	if err := s.onions.Remove(within(t), spec.Onion.Address); err != nil {
		t.Fatal(err)
	}
	s.until(t, spec, 80, services.CodeClosed)
}

func (s *suite) busy(t *testing.T) {
	spec := s.fresh(t)
	spec.Targets = append(spec.Targets, services.OnionTarget{Port: 81, Socket: filepath.Join(filepath.Dir(s.socket), "none")})
	if err := s.onions.Publish(within(t), spec); err != nil {
		t.Fatal(err)
	}
	s.until(t, spec, 80, "")
	for what, port := range map[string]int{"no socket": 81, "no such port": 82} {
		t.Run(what, func(t *testing.T) { s.until(t, spec, port, services.CodeBusy) })
	}
	s.until(t, spec, 80, "") // to be turned away is no failure of the address
}

func (s *suite) cutOff(t *testing.T) {
	spec := s.fresh(t)
	if err := s.onions.Publish(within(t), spec); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	<-ctx.Done()
	err := s.onions.Probe(ctx, spec.Onion, 80, services.ProbeHTTP)
	if err == nil || services.IsCode(err, services.CodeClosed) || services.IsCode(err, services.CodeBusy) {
		t.Errorf("probe = %v; want an error that claims nothing about the address", err)
	}
}
