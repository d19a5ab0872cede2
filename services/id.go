package services

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"strings"
)

// NewID returns a fresh instance ID: 12 characters of a-z and 2-7.
func NewID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))[:12]
}

// ValidID reports whether s could have come from [NewID].
func ValidID(s string) bool {
	if len(s) != 12 {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// Hash is the salted hash that the audit keeps of what it must not hold.
func Hash(salt, value string) string {
	sum := sha256.Sum256([]byte(salt + "\x00" + value))
	return hex.EncodeToString(sum[:8])
}
