package services

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// MaxClients is how many clients a private onion may have, so that one more,
// who checks that it opens, makes sixteen: from the outside an onion with
// sixteen looks like one with a single client.
const MaxClients = 15

// Client is one who may open a private onion: a person by one of their keys.
type Client struct {
	Person string // the user's name
	Key    string // public x25519 key, 52 characters of base32
}

// Private reports whether only its clients can open the onion.
func (o Onion) Private() bool { return len(o.Clients) > 0 }

// Admits is one word for whom the onion lets in: "" for everybody. It is the
// same for the same keys, in any order, and tells none of them.
func (o Onion) Admits() string {
	if !o.Private() {
		return ""
	}
	var keys []string
	for _, c := range o.Clients {
		keys = append(keys, strings.ToUpper(c.Key))
	}
	slices.Sort(keys)
	sum := sha256.Sum256([]byte(strings.Join(slices.Compact(keys), " ")))
	return hex.EncodeToString(sum[:8])
}

// People are the names of those who may open the onion, each once.
func (o Onion) People() []string {
	var names []string
	for _, c := range o.Clients {
		if !slices.Contains(names, c.Person) {
			names = append(names, c.Person)
		}
	}
	return names
}
