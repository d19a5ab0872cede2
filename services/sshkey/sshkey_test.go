package sshkey_test

import (
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"onionbot/services/sshkey"
)

func TestHostKeyIsWhatItsFingerprintSays(t *testing.T) {
	key, err := sshkey.NewHost()
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.ParsePrivateKey([]byte(key.PrivatePEM.Reveal()))
	if err != nil {
		t.Fatal(err)
	}
	if got := ssh.FingerprintSHA256(signer.PublicKey()); got != key.Fingerprint {
		t.Errorf("fingerprint %s, the key's is %s", key.Fingerprint, got)
	}
}

func TestPublicKeysAreTakenWithoutOptions(t *testing.T) {
	key, err := sshkey.NewHost()
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.ParsePrivateKey([]byte(key.PrivatePEM.Reveal()))
	if err != nil {
		t.Fatal(err)
	}
	line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey())))

	if got, err := sshkey.ParsePublic("  " + line + " ann@phone\n"); err != nil || got != line+" ann@phone" {
		t.Errorf("ParsePublic = %q, %v", got, err)
	}
	for name, bad := range map[string]string{
		"empty":    "",
		"words":    "my key",
		"private":  key.PrivatePEM.Reveal(),
		"options":  `command="rm -rf /" ` + line,
		"two keys": line + "\n" + line,
	} {
		if got, err := sshkey.ParsePublic(bad); err == nil {
			t.Errorf("%s: taken as %q", name, got)
		}
	}
}
