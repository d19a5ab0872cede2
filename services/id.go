package services

import (
	"crypto/rand"
	"encoding/base32"
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
