// Package sshkey makes the host keys of ssh services and reads users' public
// keys, in OpenSSH's formats.
package sshkey

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"

	"onionbot/services"
)

// NewHost makes a fresh ed25519 host key.
func NewHost() (services.HostKey, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return services.HostKey{}, fmt.Errorf("generate host key: %w", err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		return services.HostKey{}, fmt.Errorf("encode host key: %w", err)
	}
	sshPublic, err := ssh.NewPublicKey(public)
	if err != nil {
		return services.HostKey{}, fmt.Errorf("encode host key: %w", err)
	}
	return services.HostKey{
		PrivatePEM:  services.Secret(pem.EncodeToMemory(block)),
		Fingerprint: ssh.FingerprintSHA256(sshPublic),
	}, nil
}

// ParsePublic checks one authorized_keys line and returns it without options:
// an option could run a command or open a tunnel that nobody meant to allow.
func ParsePublic(line string) (string, error) {
	key, comment, options, rest, err := ssh.ParseAuthorizedKey([]byte(strings.TrimSpace(line)))
	if err != nil {
		return "", fmt.Errorf("not a public ssh key as in ~/.ssh/id_ed25519.pub: %w", err)
	}
	if len(options) > 0 {
		return "", fmt.Errorf("a public ssh key with options is not accepted")
	}
	if len(strings.TrimSpace(string(rest))) > 0 {
		return "", fmt.Errorf("more than one line in a public ssh key")
	}
	out := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
	if comment != "" {
		out += " " + comment
	}
	return out, nil
}

// mostComment is what is kept of a key's comment, in characters.
const mostComment = 40

// Read reads a public key that somebody sent, whatever of white space their
// phone put around it. Errors are [services.CodeBadKey].
func Read(text string) (services.PublicKey, error) {
	bad := func(reason string) (services.PublicKey, error) {
		return services.PublicKey{}, services.E(services.CodeBadKey, "reason", reason)
	}
	text = strings.Join(strings.Fields(strings.Trim(text, " \t\r\n`\"'")), " ")
	if services.HoldsPrivateKey(text) {
		return bad("private")
	}
	key, comment, options, _, err := ssh.ParseAuthorizedKey([]byte(text))
	switch {
	case err != nil:
		return bad("unreadable")
	case len(options) > 0:
		return bad("options")
	}
	if reason := unfit(key); reason != "" {
		return bad(reason)
	}
	out := services.PublicKey{
		Line: strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))), Type: key.Type(),
		Fingerprint: ssh.FingerprintSHA256(key), Comment: harmless(comment),
	}
	if out.Comment != "" {
		out.Line += " " + out.Comment
	}
	return out, nil
}

// unfit says why a key is of no use; "" if it is.
func unfit(key ssh.PublicKey) string {
	switch key.Type() {
	case ssh.KeyAlgoED25519, ssh.KeyAlgoSKED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoSKECDSA256:
		return ""
	case ssh.KeyAlgoRSA:
		if c, ok := key.(ssh.CryptoPublicKey); ok {
			if k, ok := c.CryptoPublicKey().(*rsa.PublicKey); ok && k.N.BitLen() >= 2048 {
				return ""
			}
		}
		return "weak"
	}
	return "type" // DSA, and certificates, which say more than one key
}

// harmless is a comment without what could be more than a comment.
func harmless(comment string) string {
	var out []rune
	for _, r := range comment {
		if len(out) == mostComment {
			break
		}
		if r > ' ' && r < 127 || r == ' ' && len(out) > 0 {
			out = append(out, r)
		}
	}
	return strings.TrimSpace(string(out))
}
