package privnet

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestTorrcs(t *testing.T) {
	authorities := []authority{
		{name: "authority1", orPort: 10001, dirPort: 10002, identity: "AAAA", relay: "BBBB"},
		{name: "authority2", orPort: 10003, dirPort: 10004, identity: "CCCC", relay: "DDDD"},
	}
	const dir, owner, resolvConf = "/run/n/name", 4711, "/run/n/resolv.conf"
	common := clientLines(authorities)
	process := processLines(dir, owner)
	for name, torrc := range map[string]string{
		"client":    render(common, process, []string{"SocksPort 127.0.0.1:auto"}),
		"relay":     render(common, process, relayLines("relay1", "auto", resolvConf), exitLines(false)),
		"exit":      render(common, process, relayLines("relay1", "auto", resolvConf), exitLines(true)),
		"authority": render(common, process, relayLines("authority1", "10001", resolvConf), exitLines(false), authorityLines(authorities[0], "/run/n/bandwidths", 42)),
	} {
		golden := filepath.Join("testdata", name+".torrc")
		if *update {
			if err := os.WriteFile(golden, []byte(torrc), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), torrc); diff != "" {
			t.Errorf("%s (-want +got):\n%s", golden, diff)
		}
	}
}

func TestAllRelaysCountAsEquallyFast(t *testing.T) {
	got := bandwidths(time.Unix(1700000000, 0), []string{"AAAA", "BBBB"})
	want := "1700000000\nnode_id=$AAAA bw=10000\nnode_id=$BBBB bw=10000\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestVoteIsCalledForTheChosenSecond(t *testing.T) {
	// How tor finds the start of the next interval.
	next := func(now, interval, offset int64) int64 {
		start := (now/interval+1)*interval + offset
		if start-interval > now {
			start -= interval
		}
		return start
	}
	midnight := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	for _, now := range []time.Time{midnight.Add(-time.Second), midnight, midnight.Add(298 * time.Second), midnight.Add(7 * time.Hour)} {
		for _, ahead := range []time.Duration{4 * time.Second, voteFarAway} {
			valid := now.Add(ahead)
			got := next(now.Unix(), int64(seconds(votingInterval)), int64(offsetFor(valid)))
			if got != valid.Unix() {
				t.Errorf("at %v, called for %v ahead: valid %d s off", now, ahead, got-valid.Unix())
			}
		}
	}
	if voteFarAway-voteDelay-distDelay <= attemptLimit {
		t.Error("an attempt can last until the authorities vote by themselves")
	}
}

func TestCertificateIsSignedByTheIdentity(t *testing.T) {
	k, err := newAuthorityKeys(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	text := string(k.certificate)
	if !strings.Contains(text, "\nfingerprint "+k.identity+"\n") {
		t.Error("the certificate is of somebody else")
	}
	const mark = "dir-key-certification\n"
	at := strings.Index(text, mark) + len(mark)
	block, _ := pem.Decode([]byte(text[at:]))
	digest := sha1.Sum([]byte(text[:at]))
	if err := rsa.VerifyPKCS1v15(identityIn(t, text), crypto.Hash(0), digest[:], block.Bytes); err != nil {
		t.Error(err)
	}
}

// identityIn returns the identity key that a certificate names.
func identityIn(t *testing.T, certificate string) *rsa.PublicKey {
	t.Helper()
	block, _ := pem.Decode([]byte(certificate[strings.Index(certificate, "dir-identity-key"):]))
	key, err := x509.ParsePKCS1PublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
