// Package sshkey makes the host keys of ssh services and reads users' public
// keys, in OpenSSH's formats.
package sshkey

import (
	"crypto/ed25519"
	"crypto/rand"
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
