package tor

import (
	"context"
	"crypto/ecdh"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"sync"

	"onionbot/services"
)

// An onion for authorised clients only could not be probed. So onionbot is one
// of its clients: with an x25519 key derived from the onion's own key, which
// therefore needs no place on disk. The tors of the pool are told the key when
// the onion is published, and keep it in memory, beyond the life of the bot.

// codeStored is a success that the library takes for a refusal: the key is
// registered, and a descriptor that was waiting for it is decrypted.
const codeStored = 252

// probeKey derives the key by which the pool may visit the onion.
func probeKey(onion services.Secret) (*ecdh.PrivateKey, error) {
	seed := sha256.Sum256([]byte("onionbot probe client\x00" + onion.Reveal()))
	return ecdh.X25519().NewPrivateKey(seed[:])
}

// clientKeys returns the public keys of all authorised clients, ours included.
func clientKeys(o services.Onion) ([]string, error) {
	if len(o.Clients) == 0 {
		return nil, nil
	}
	key, err := probeKey(o.Key)
	if err != nil {
		return nil, err
	}
	ours := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(key.PublicKey().Bytes())
	return append([]string{ours}, o.Clients...), nil
}

// authorizeAll tells every tor that answers the key for a private onion. One that
// misses it only cannot probe that onion.
func (p *Pool) authorizeAll(ctx context.Context, o services.Onion) error {
	if len(o.Clients) == 0 {
		return nil
	}
	key, err := probeKey(o.Key)
	if err != nil {
		return err
	}
	id, err := onionID(o.Address)
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.private[id] = key
	p.mu.Unlock()
	p.everywhere(func(m *member) { _ = m.authorize(ctx, id) })
	return nil
}

// authorize tells this tor the key for the onion, if it has one.
func (m *member) authorize(ctx context.Context, id string) error {
	m.pool.mu.Lock()
	key := m.pool.private[id]
	m.pool.mu.Unlock()
	if key == nil {
		return nil
	}
	return m.link.do(ctx, func(s *session) error {
		blob := base64.StdEncoding.EncodeToString(key.Bytes())
		_, err := s.request(ctx, "ONION_CLIENT_AUTH_ADD", id, "x25519:"+blob)
		if refusal(err) == codeStored {
			return nil
		}
		return err
	})
}

// deauthorize, once the onion is gone, makes every tor that answers forget the key for the onion.
func (p *Pool) deauthorize(ctx context.Context, id string) {
	p.mu.Lock()
	key := p.private[id]
	delete(p.private, id)
	p.mu.Unlock()
	if key == nil {
		return
	}
	p.everywhere(func(m *member) {
		_ = m.link.do(ctx, func(s *session) error {
			_, err := s.request(ctx, "ONION_CLIENT_AUTH_REMOVE", id)
			return err
		})
	})
}

// everywhere calls fn for each tor that answers, at the same time.
func (p *Pool) everywhere(fn func(*member)) {
	p.mu.Lock()
	var up []*member
	for _, m := range p.members {
		if m.state == stateUp {
			up = append(up, m)
		}
	}
	p.mu.Unlock()
	var all sync.WaitGroup
	for _, m := range up {
		all.Go(func() { fn(m) })
	}
	all.Wait()
}
