package backup

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"filippo.io/age"
)

// Errors that say what is wrong with a key.
var (
	ErrSecretKey     = errors.New("that is a secret key, and belongs in a file")
	ErrNotARecipient = errors.New("that is not the public key of an age key pair")
	ErrNoIdentity    = errors.New("there is no secret age key in it")
	ErrWrongKey      = errors.New("the backup was made for another key")
	ErrWrongPhrase   = errors.New("the passphrase is wrong")
)

// ForKey encrypts to the owner of a public key, as in age1….
func ForKey(public string) (age.Recipient, error) {
	if strings.HasPrefix(strings.ToUpper(public), "AGE-SECRET-KEY-") {
		return nil, ErrSecretKey
	}
	all, err := age.ParseRecipients(strings.NewReader(public))
	if err != nil || len(all) != 1 { // the library's error would repeat what was typed
		return nil, ErrNotARecipient
	}
	return all[0], nil
}

// ForPassphrase encrypts to those who know a passphrase.
func ForPassphrase(phrase string) (age.Recipient, error) { return age.NewScryptRecipient(phrase) }

// WithKeys opens what was encrypted to one of the secret keys that r holds, in
// the form in which age-keygen writes them.
func WithKeys(r io.Reader) ([]age.Identity, error) {
	all, err := age.ParseIdentities(r)
	if err != nil || len(all) == 0 { // the library's error may repeat a line
		return nil, ErrNoIdentity
	}
	return all, nil
}

// WithPassphrase opens what was encrypted to a passphrase.
func WithPassphrase(phrase string) ([]age.Identity, error) {
	one, err := age.NewScryptIdentity(phrase)
	return []age.Identity{one}, err
}

// NeedsPassphrase reports whether the backup was encrypted to a passphrase,
// and not to a key.
func NeedsPassphrase(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, fmt.Errorf("read backup: %w", err)
	}
	defer f.Close()
	head, err := bufio.NewReader(f).Peek(40)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("read backup: %w", err)
	}
	return bytes.Contains(head, []byte("\n-> scrypt ")), nil
}
