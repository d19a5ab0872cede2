package onionstest

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base32"
	"testing"
	"time"

	"onionbot/services"
)

// client makes somebody with a key of their own.
func client(t *testing.T) services.Client {
	t.Helper()
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return services.Client{Person: "bob", Key: base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(key.PublicKey().Bytes())}
}

// guard waits until strangers are shown to be refused.
func (s *suite) guard(t *testing.T, spec services.OnionSpec) {
	t.Helper()
	for over := time.Now().Add(step); ; {
		err := s.onions.Guard(within(t), spec.Onion, 80)
		switch {
		case err == nil:
			return
		case services.IsCode(err, services.CodeExposed), time.Now().After(over):
			t.Fatalf("guard: %v", err)
		}
	}
}

func (s *suite) admits(t *testing.T, spec services.OnionSpec, guarded bool) {
	t.Helper()
	got, err := s.onions.Status(within(t), spec.Onion.Address)
	if err != nil || got.State != services.OnionPublished || got.Admits != spec.Onion.Admits() || got.Guarded != guarded {
		t.Errorf("status = %+v, %v; want guarded %v", got, err, guarded)
	}
}

func (s *suite) private(t *testing.T) {
	spec := s.fresh(t)
	for range 2 { // the second time for somebody else
		spec.Onion.Clients = []services.Client{client(t)}
		if err := s.onions.Publish(within(t), spec); err != nil {
			t.Fatal(err)
		}
		s.admits(t, spec, false)
		s.guard(t, spec)
		s.admits(t, spec, true)
		s.until(t, spec, 80, "")
		if err := s.onions.Publish(within(t), spec); err != nil {
			t.Fatal(err)
		}
		s.admits(t, spec, true) // it was left as it was
	}
	if err := s.onions.Remove(within(t), spec.Onion.Address); err != nil {
		t.Fatal(err)
	}
	s.until(t, spec, 80, services.CodeClosed)
}

func (s *suite) exposed(t *testing.T) {
	spec := s.fresh(t)
	if err := s.onions.Publish(within(t), spec); err != nil {
		t.Fatal(err)
	}
	s.until(t, spec, 80, "")
	if err := s.onions.Guard(within(t), spec.Onion, 80); !services.IsCode(err, services.CodeExposed) {
		t.Errorf("guard of an onion that is open to all = %v", err)
	}
	s.expect(t, spec.Onion.Address, services.OnionAbsent)
}
