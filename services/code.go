package services

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"regexp"
	"strings"
)

// A code is 24 letters and digits, 120 bits, in four groups: it survives being
// read aloud, typed in capitals, and Telegram's alphabet for links.
const (
	codeBytes = 15
	codeGroup = 6
)

var (
	codeLetters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
	codeShape   = regexp.MustCompile(`(?:^|[^a-z0-9])([a-z2-7]{6}(?:-?[a-z2-7]{6}){3})(?:$|[^a-z0-9])`)
)

// mostCodes bounds how many words of one message are looked up.
const mostCodes = 3

// NewCode makes a code that nobody can guess.
func NewCode() string {
	b := make([]byte, codeBytes)
	_, _ = rand.Read(b) // never fails
	letters := codeLetters.EncodeToString(b)
	var groups []string
	for ; letters != ""; letters = letters[codeGroup:] {
		groups = append(groups, letters[:codeGroup])
	}
	return strings.Join(groups, "-")
}

// FindCodes returns what in a text looks like a code, in the order in which it
// stands there.
func FindCodes(text string) []string {
	var out []string
	text = strings.ToLower(text)
	for len(out) < mostCodes {
		at := codeShape.FindStringSubmatchIndex(text)
		if at == nil {
			break
		}
		out = append(out, text[at[2]:at[3]])
		text = text[at[3]:] // what ends one may begin the next
	}
	return out
}

// HashCode is what is kept of a code.
func HashCode(code string) string {
	h := sha256.Sum256([]byte(strings.ReplaceAll(strings.ToLower(code), "-", "")))
	return hex.EncodeToString(h[:])
}
