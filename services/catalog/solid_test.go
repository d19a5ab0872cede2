package catalog

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestSolidIsWhatItsLockFileSays: everything that npm brings is held to a
// checksum, and the place it comes from is the user's own setting.
func TestSolidIsWhatItsLockFileSays(t *testing.T) {
	defs, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	solid := find(t, defs, "solid")
	var lock struct {
		Packages map[string]struct {
			Version, Integrity, Resolved string
			Link                         bool
			Dependencies                 map[string]string
		}
	}
	if err := json.Unmarshal(solid.Source.Files["package-lock.json"], &lock); err != nil {
		t.Fatal(err)
	}
	if len(lock.Packages) < 100 {
		t.Fatalf("only %d packages are locked", len(lock.Packages))
	}
	for name, p := range lock.Packages {
		if name != "" && (!strings.HasPrefix(p.Integrity, "sha512-") || p.Resolved != "" || p.Link) {
			t.Errorf("%s: integrity %q, from %q", name, p.Integrity, p.Resolved)
		}
	}
	wanted, server := lock.Packages[""].Dependencies, lock.Packages["node_modules/@solid/community-server"]
	if len(wanted) != 1 || wanted["@solid/community-server"] != server.Version {
		t.Errorf("wanted are %v, and the lock file has %s", wanted, server.Version)
	}
	if !solid.OnDemand || solid.Warm != 0 || len(solid.Secrets) != 1 {
		t.Errorf("on demand %v, warm %d, secrets %v", solid.OnDemand, solid.Warm, solid.Secrets)
	}
}
