package privnet

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // what Tor's directory protocol prescribes
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	// relayKeyBits is prescribed by Tor for the RSA identity of a relay.
	relayKeyBits = 1024
	// authorityKeyBits is less than the 3072 of tor-gencert: these keys live
	// for minutes, and their making is a good part of the start.
	authorityKeyBits = 2048
	// certificateLife is how long the certificate of an authority is valid.
	certificateLife = 365 * 24 * time.Hour
)

// authorityKeys are the keys of a directory authority that others must know of
// before it starts. They do what tor-gencert and tor --list-fingerprint do,
// without four more processes and on machines that have only tor itself.
type authorityKeys struct {
	relay       *rsa.PrivateKey // identity as a relay
	signing     *rsa.PrivateKey // signs votes
	certificate []byte          // binds signing to the authority's identity
	identity    string          // fingerprint of the authority's identity
}

// newAuthorityKeys makes the keys of one authority. The identity key itself is
// not kept: it is only needed to sign the certificate.
func newAuthorityKeys(now time.Time) (*authorityKeys, error) {
	identity, err := rsa.GenerateKey(rand.Reader, authorityKeyBits)
	if err != nil {
		return nil, fmt.Errorf("make the identity key: %w", err)
	}
	k := &authorityKeys{identity: fingerprint(identity)}
	if k.signing, err = rsa.GenerateKey(rand.Reader, authorityKeyBits); err != nil {
		return nil, fmt.Errorf("make the signing key: %w", err)
	}
	if k.relay, err = rsa.GenerateKey(rand.Reader, relayKeyBits); err != nil {
		return nil, fmt.Errorf("make the relay key: %w", err)
	}
	if k.certificate, err = certificate(identity, k.signing, now); err != nil {
		return nil, fmt.Errorf("sign the certificate: %w", err)
	}
	return k, nil
}

// write puts the keys where tor looks for them in its data directory.
func (k *authorityKeys) write(dataDir string) error {
	dir := filepath.Join(dataDir, "keys")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("write the keys: %w", err)
	}
	for name, content := range map[string][]byte{
		"secret_id_key":         privatePEM(k.relay),
		"authority_signing_key": privatePEM(k.signing),
		"authority_certificate": k.certificate,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return fmt.Errorf("write the keys: %w", err)
		}
	}
	return nil
}

// certificate returns the key certificate of a directory authority, as in
// dir-spec, "Creating key certificates".
func certificate(identity, signing *rsa.PrivateKey, now time.Time) ([]byte, error) {
	const timeLayout = "2006-01-02 15:04:05"
	var b bytes.Buffer
	b.WriteString("dir-key-certificate-version 3\n")
	fmt.Fprintf(&b, "fingerprint %s\n", fingerprint(identity))
	// An hour back, since a clock may be set back a little while we run.
	fmt.Fprintf(&b, "dir-key-published %s\n", now.UTC().Add(-time.Hour).Format(timeLayout))
	fmt.Fprintf(&b, "dir-key-expires %s\n", now.UTC().Add(certificateLife).Format(timeLayout))
	b.WriteString("dir-identity-key\n")
	b.Write(publicPEM(identity))
	b.WriteString("dir-signing-key\n")
	b.Write(publicPEM(signing))

	cross, err := sign(signing, x509.MarshalPKCS1PublicKey(&identity.PublicKey))
	if err != nil {
		return nil, err
	}
	b.WriteString("dir-key-crosscert\n")
	b.Write(pem.EncodeToMemory(&pem.Block{Type: "ID SIGNATURE", Bytes: cross}))
	b.WriteString("dir-key-certification\n")
	signature, err := sign(identity, b.Bytes())
	if err != nil {
		return nil, err
	}
	b.Write(pem.EncodeToMemory(&pem.Block{Type: "SIGNATURE", Bytes: signature}))
	return b.Bytes(), nil
}

// sign signs as Tor's directory documents are signed: the bare SHA-1 digest
// with PKCS #1 padding, without the name of the hash.
func sign(key *rsa.PrivateKey, document []byte) ([]byte, error) {
	digest := sha1.Sum(document) //nolint:gosec // prescribed
	return rsa.SignPKCS1v15(nil, key, crypto.Hash(0), digest[:])
}

// fingerprint names a key: the SHA-1 digest of its public part.
func fingerprint(key *rsa.PrivateKey) string {
	digest := sha1.Sum(x509.MarshalPKCS1PublicKey(&key.PublicKey)) //nolint:gosec // prescribed
	return strings.ToUpper(hex.EncodeToString(digest[:]))
}

func publicPEM(key *rsa.PrivateKey) []byte {
	return pem.EncodeToMemory(&pem.Block{
		Type:  "RSA PUBLIC KEY",
		Bytes: x509.MarshalPKCS1PublicKey(&key.PublicKey),
	})
}

func privatePEM(key *rsa.PrivateKey) []byte {
	return pem.EncodeToMemory(&pem.Block{
		Type:  "RSA PRIVATE KEY",
		Bytes: x509.MarshalPKCS1PrivateKey(key),
	})
}
