package tor

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha3"
	"crypto/sha512"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	bine "github.com/cretz/bine/torutil/ed25519"

	"onionbot/services"
)

const (
	keyPrefix = "ED25519-V3:"
	onionTLD  = ".onion"
	idLen     = 56 // characters of an address without ".onion"
)

// errBadAddress is returned for what is not the address of a version 3 onion.
var errBadAddress = errors.New("tor: not an onion address")

// NewOnion implements [services.Onions].
func (*Pool) NewOnion() (services.Onion, error) { return NewOnion() }

// NewOnion makes a fresh ed25519 key and the address that belongs to it.
func NewOnion() (services.Onion, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return services.Onion{}, fmt.Errorf("tor: make a key: %w", err)
	}
	return services.Onion{Address: address(public), Key: expand(private.Seed())}, nil
}

// expand turns a seed into the form that ADD_ONION takes: the clamped scalar
// and the prefix that signatures use, as RFC 8032 derives them.
func expand(seed []byte) services.Secret {
	h := sha512.Sum512(seed)
	h[0] &= 248
	h[31] &= 63
	h[31] |= 64
	return services.Secret(keyPrefix + base64.StdEncoding.EncodeToString(h[:]))
}

// address is the onion address of a public key, as rend-spec-v3 has it.
func address(public []byte) string {
	const version = 3
	sum := sha3.Sum256(append(append([]byte(".onion checksum"), public...), version))
	raw := append(append([]byte(nil), public...), sum[0], sum[1], version)
	return strings.ToLower(base32.StdEncoding.EncodeToString(raw)) + onionTLD
}

// onionID checks an address, checksum included, and returns it without ".onion".
func onionID(addr string) (string, error) {
	id, ok := strings.CutSuffix(addr, onionTLD)
	if !ok || len(id) != idLen || id != strings.ToLower(id) {
		return "", errBadAddress
	}
	raw, err := base32.StdEncoding.DecodeString(strings.ToUpper(id))
	if err != nil || address(raw[:ed25519.PublicKeySize]) != addr {
		return "", errBadAddress
	}
	return id, nil
}

// checkKey refuses a key that is not the address's own.
func checkKey(key services.Secret, addr string) error {
	text, ok := strings.CutPrefix(key.Reveal(), keyPrefix)
	if !ok {
		return errors.New("tor: not an ED25519-V3 key")
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) != 64 {
		return errors.New("tor: malformed ED25519-V3 key") // the cause could quote the key
	}
	if address(bine.PrivateKey(raw).PublicKey()) != addr {
		return errors.New("tor: the key does not belong to the address")
	}
	return nil
}
