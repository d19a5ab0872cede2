package tor

import (
	"context"
	"crypto/ecdh"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"

	"onionbot/services"
)

// A private onion could not be probed. So onionbot is one of its clients: with
// an x25519 key derived from the onion's own key, which therefore needs no
// place on disk and is erased with it. A tor knows it only while it probes: it
// lets everybody in to the onion who can use its SOCKS port.

const (
	// codeStored is a success that the library takes for a refusal: the key is
	// registered, and a descriptor that was waiting for it is decrypted.
	codeStored = 252
	// codeReplaced is a success as well: another key was there before.
	codeReplaced = 251
)

// probeKey derives the key by which the pool may visit the onion.
func probeKey(onion services.Secret) (*ecdh.PrivateKey, error) {
	seed := sha256.Sum256([]byte("onionbot probe client\x00" + onion.Reveal()))
	return ecdh.X25519().NewPrivateKey(seed[:])
}

// clientKeys returns the public keys of all authorised clients, ours included.
func clientKeys(o services.Onion) ([]string, error) {
	if !o.Private() {
		return nil, nil
	}
	key, err := probeKey(o.Key)
	if err != nil {
		return nil, err
	}
	keys := []string{base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(key.PublicKey().Bytes())}
	for _, c := range o.Clients {
		keys = append(keys, c.Key)
	}
	return keys, nil
}

// admit tells this tor the key for a private onion, and returns what makes it
// forget the key.
func (m *member) admit(ctx context.Context, o services.Onion, id string) (forget func(), err error) {
	if !o.Private() {
		return func() {}, nil
	}
	if o.Key == "" {
		return nil, errors.New("tor: the key of a private onion is missing")
	}
	key, err := probeKey(o.Key)
	if err != nil {
		return nil, err
	}
	blob := base64.StdEncoding.EncodeToString(key.Bytes())
	m.meet(id)
	err = m.link.do(ctx, func(s *session) error {
		_, err := s.request(ctx, "ONION_CLIENT_AUTH_ADD", id, "x25519:"+blob)
		return stored(err)
	})
	forget = func() {
		if err := m.disown(context.WithoutCancel(ctx), id); err != nil {
			m.log.Warn("the key of the probe may be left in tor's memory", "error", err)
		}
	}
	if err != nil {
		forget() // it may have been taken, and the answer lost
	}
	return forget, err
}

// disown makes this tor forget the key for an onion, if it has one.
func (m *member) disown(ctx context.Context, id string) error {
	return m.link.do(ctx, func(s *session) error {
		_, err := s.request(ctx, "ONION_CLIENT_AUTH_REMOVE", id)
		return stored(err)
	})
}

// stored takes the successes among the refusals for what they are.
func stored(err error) error {
	if code := refusal(err); code == codeStored || code == codeReplaced {
		return nil
	}
	return err
}

// Guard implements [services.Onions]. The tor that tries must not remember a
// visit: it could open the onion by what it had read with the key, or refuse it
// for what it had read before it was published anew.
func (p *Pool) Guard(ctx context.Context, onion services.Onion, port int) error {
	id, err := onionID(onion.Address)
	if err != nil {
		return err
	}
	m, socks, stale := p.prober(id, stranger)
	if m == nil {
		return unavailable(errors.New("no tor to try without a key is ready"))
	}
	defer p.probed(m, id, stranger)
	p.mu.Lock()
	_, e := p.hostOf(id)
	p.mu.Unlock()
	if err := m.disown(ctx, id); err != nil {
		return unavailable(err)
	}
	if stale {
		if err := m.forget(ctx); err != nil {
			return unavailable(err)
		}
	}
	m.meet(id)
	isolation := isolate("stranger")
	err = p.refused(ctx, m, id, isolation, visit(ctx, socks, isolation, onion.Address, port, services.ProbeTCP))
	m.remember(id, err != nil)
	if services.IsCode(err, services.CodeExposed) {
		m.log.Error("a private onion opened without a key, and is removed")
		return errors.Join(err, p.Remove(context.WithoutCancel(ctx), onion.Address))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch _, now := p.hostOf(id); {
	case err != nil:
		return err
	case now == nil || now != e || e.admits != onion.Admits():
		return errors.New("tor: the onion was published anew meanwhile")
	}
	e.guarded = true
	return nil
}

// refused judges a visit without a key: nil if it was refused for want of one.
// Whoever is told of the introduction points, or got further, has read the
// descriptor, which is encrypted to the clients alone.
func (p *Pool) refused(ctx context.Context, m *member, id, isolation string, failed error) error {
	for _, read := range []SOCKSError{socksNoIntroduction, socksNoRendezvous, socksSlowIntroduction} {
		if errors.Is(failed, read) {
			return services.Wrap(services.CodeExposed, failed)
		}
	}
	switch {
	case failed == nil:
		return services.E(services.CodeExposed)
	case errors.Is(failed, socksNoKey):
		return nil
	}
	failed = p.judge(ctx, m, id, isolation, failed)
	if services.IsCode(failed, services.CodeBusy) {
		return services.Wrap(services.CodeExposed, failed)
	}
	if services.IsCode(failed, services.CodeUnavailable) {
		return failed
	}
	return fmt.Errorf("tor: not shown to be refused without a key: %w", failed)
}
