package tor

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
)

// The first key pair of RFC 8032, 7.1, with the address that tor's own tests
// have for it.
const (
	rfcSeed    = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
	rfcPublic  = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
	rfcAddress = "25njqamcweflpvkl73j4szahhihoc4xt3ktcgjnpaingr5yhkenl5sid.onion"
)

func TestAddressOfAKnownKey(t *testing.T) {
	seed, err := hex.DecodeString(rfcSeed)
	if err != nil {
		t.Fatal(err)
	}
	public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	if got := hex.EncodeToString(public); got != rfcPublic {
		t.Fatalf("public key = %s", got)
	}
	if got := address(public); got != rfcAddress {
		t.Errorf("address = %s, want %s", got, rfcAddress)
	}
	if err := checkKey(expand(seed), rfcAddress); err != nil {
		t.Errorf("the expanded key does not fit: %v", err)
	}
}

func TestNewOnionsDifferAndFitTheirKeys(t *testing.T) {
	seen := map[string]bool{}
	for range 20 {
		onion, err := NewOnion()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := onionID(onion.Address); err != nil || seen[onion.Address] {
			t.Errorf("address %s: %v", onion.Address, err)
		}
		seen[onion.Address] = true
		if err := checkKey(onion.Key, onion.Address); err != nil {
			t.Error(err)
		}
		raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(onion.Key.Reveal(), keyPrefix))
		if err != nil || len(raw) != 64 {
			t.Errorf("key of %d bytes, %v", len(raw), err)
		}
	}
}

func TestWrongAddressesAreRefused(t *testing.T) {
	for _, a := range []string{
		"", ".onion", "example.com", rfcAddress[:55] + ".onion", strings.ToUpper(rfcAddress),
		"a" + rfcAddress[1:], strings.TrimSuffix(rfcAddress, ".onion"), rfcAddress + "\r\n",
		strings.Repeat("0", 56) + ".onion", strings.Repeat("é", 28) + ".onion",
	} {
		if _, err := onionID(a); err == nil {
			t.Errorf("%q is taken for an address", a)
		}
	}
	if id, err := onionID(rfcAddress); err != nil || id+onionTLD != rfcAddress {
		t.Errorf("onionID = %q, %v", id, err)
	}
}
