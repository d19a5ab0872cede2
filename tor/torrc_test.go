package tor

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onionbot/services"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestTorrcIsAsReviewed(t *testing.T) {
	const golden = "testdata/torrc"
	got := placeOf("/state", "/run", "t1").render([]string{"UseBridges 1", "Bridge 192.0.2.1:443"}, 4711)
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}

func TestOptionsThatCannotWorkAreRefused(t *testing.T) {
	long := "/" + strings.Repeat("x", 100)
	for name, c := range map[string]struct {
		o    Options
		want services.Code
	}{
		"long run directory":   {Options{RunDir: long}, services.CodePathTooLong},
		"space in a directory": {Options{StateDir: "/a b"}, services.CodeBadConfig},
		"our own line":         {Options{TorrcInclude: []string{"SocksPort 9050"}}, services.CodeBadConfig},
		"no such option":       {Options{TorrcInclude: []string{"NoSuchOption 1"}}, services.CodeBadConfig},
		"an abbreviation":      {Options{TorrcInclude: []string{"ClientUseIPv 1"}}, services.CodeBadConfig},
		"no tor":               {Options{TorPath: "/nonexistent/tor"}, services.CodeUnavailable},
	} {
		if c.o.StateDir == "" {
			c.o.StateDir = "/tmp/x"
		}
		if _, err := c.o.complete(t.Context()); services.CodeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTorThatCannotStartIsReported(t *testing.T) {
	dir := t.TempDir()
	o := Options{StateDir: dir, RunDir: dir, Size: 2, TorrcInclude: []string{"UseBridges 1"}} // and there is none
	p, err := Open(soon(t), o)
	if !services.IsCode(err, services.CodeUnavailable) || !strings.Contains(err.Error(), "ridge") {
		t.Errorf("open = %v, %v", p, err)
	}
}
