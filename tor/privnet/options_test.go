package privnet

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestStartRefusesWhatCannotWork(t *testing.T) {
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "precious"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		options Options
		want    string
	}{
		"no tor":          {Options{Tor: "tor-that-is-not-there"}, `the tor program "tor-that-is-not-there" was not found`},
		"no tor at path":  {Options{Tor: "/nowhere/tor"}, `the tor program "/nowhere/tor" was not found`},
		"long directory":  {Options{Dir: "/tmp/" + strings.Repeat("x", 90)}, "too long for unix sockets"},
		"odd directory":   {Options{Dir: "/tmp/a b"}, "a character that a torrc cannot hold"},
		"full directory":  {Options{Dir: full}, "is not empty"},
		"too many relays": {Options{Relays: 51}, "51 relays"},
		"not a tor":       {Options{Dir: shortDir(t), Tor: "false"}, "has ended"},
	} {
		t.Run(name, func(t *testing.T) {
			n, err := Start(t.Context(), test.options)
			if err == nil {
				_ = n.Close()
				t.Fatal("it started")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q does not say %q", err, test.want)
			}
		})
	}
	if _, err := os.Stat(filepath.Join(full, "precious")); err != nil {
		t.Error("a file of somebody else was removed:", err)
	}
}

func TestTakenPortIsWorthAnotherAttempt(t *testing.T) {
	ports, err := reservePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	defer releasePorts(ports)
	tor, err := exec.LookPath("tor")
	if err != nil {
		t.Fatal(err)
	}
	s := newSpawner()
	defer s.close()
	dir := shortDir(t)
	torrc := render(processLines(dir, os.Getpid()), []string{fmt.Sprintf("SocksPort 127.0.0.1:%d", ports[0].number)})
	p, err := s.start(tor, "unlucky", dir, torrc)
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	if _, err := dialControl(t.Context(), p); !errors.Is(err, errTryAgain) {
		t.Error(err)
	}
}
