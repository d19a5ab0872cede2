package services

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base32"
	"strings"
)

// clientKeys is base32 as tor writes it.
var clientKeys = base32.StdEncoding.WithPadding(base32.NoPadding)

// clientPrefix begins the line of an .auth file, in which a public key is.
const clientPrefix = "descriptor:x25519:"

// ReadClientKey reads the public key of a client, in base32 or as the line of
// an .auth file, and returns it in base32. A line of an .auth_private file is
// [CodeBadKey] with the reason "private", anything else "onion".
func ReadClientKey(text string) (string, error) {
	text = strings.Join(strings.Fields(strings.Trim(text, " \t\r\n`\"'")), "")
	if HoldsClientKey(text) {
		return "", E(CodeBadKey, "reason", "private")
	}
	if len(text) > len(clientPrefix) && strings.EqualFold(text[:len(clientPrefix)], clientPrefix) {
		text = text[len(clientPrefix):]
	}
	text = strings.ToUpper(strings.TrimRight(text, "="))
	raw, err := clientKeys.DecodeString(text)
	if err != nil || len(raw) != 32 || clientKeys.EncodeToString(raw) != text || weak(raw) {
		return "", E(CodeBadKey, "reason", "onion")
	}
	return text, nil
}

// clientMark begins the line of a [Key] that is one for private onions.
const clientMark = "x25519 "

// ClientLine is the line of a [Key] that holds the public key of a client.
func ClientLine(public string) string { return clientMark + public }

// ClientIn is the public key of a client that the line of a [Key] holds, if it
// holds one.
func ClientIn(line string) (public string, ok bool) { return strings.CutPrefix(line, clientMark) }

// weak reports whether a public key agrees with every private key on a secret
// that everybody knows: who used it would open the onion to all.
func weak(raw []byte) bool {
	key, err := ecdh.X25519().NewPublicKey(raw)
	if err != nil {
		return true
	}
	any, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return true
	}
	_, err = any.ECDH(key)
	return err != nil
}

// HoldsClientKey reports whether a text holds the private key of a client, as a
// line of an .auth_private file: "<address>:descriptor:x25519:<key>".
func HoldsClientKey(text string) bool {
	text = strings.ToLower(text)
	at := strings.Index(text, ":"+clientPrefix)
	if at < 56 {
		return false
	}
	return strings.Trim(text[at-56:at], "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// NewClientKey makes a pair of keys, both in base32.
func NewClientKey() (public string, private Secret, err error) {
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return "", "", err
	}
	return clientKeys.EncodeToString(key.PublicKey().Bytes()), Secret(clientKeys.EncodeToString(key.Bytes())), nil
}

// ClientFile is the line of an .auth_private file for an onion, by which a tor
// that opens it has the private key.
func ClientFile(address string, private Secret) Secret {
	return Secret(strings.TrimSuffix(address, ".onion") + ":" + clientPrefix + private.Reveal())
}
