package catalog

import (
	"bytes"
	"strings"
	"testing"
)

// examples are what operators copy.
const examples = "../../examples/services"

func TestExamplesAreServicesAsTheyStand(t *testing.T) {
	defs, err := Load(examples)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"git", "irc", "mqtt", "wiki"} {
		d := find(t, defs, name)
		if d.User != "" || len(d.Caps) > 0 {
			t.Errorf("%s runs as %q with %v", name, d.User, d.Caps)
		}
		if !strings.Contains(d.Open, "{address}") || d.Limits.Connections == 0 {
			t.Errorf("%s is opened by %q, by %d at once", name, d.Open, d.Limits.Connections)
		}
		for path, options := range d.Tmpfs {
			for _, want := range []string{"noexec", "nosuid", "nodev", "size=", "mode=0700"} {
				if !strings.Contains(options, want) {
					t.Errorf("%s: %s has no %s", name, path, want)
				}
			}
		}
		dockerfile := d.Source.Files[dockerfileName]
		if !bytes.HasPrefix(dockerfile, []byte("FROM debian:bookworm-slim\n")) || !bytes.Contains(dockerfile, []byte("/etc/machine-id")) {
			t.Errorf("%s does not start from the base image, or keeps the machine's id:\n%s", name, dockerfile)
		}
	}
}
