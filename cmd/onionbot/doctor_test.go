package main

import (
	"strings"
	"testing"
)

func TestDoctorWarnsOfDirectoriesThatTellWhoseTheyAre(t *testing.T) {
	for dir, warned := range map[string]bool{"/home/alice/onionbot": true, "/var/lib/onionbot": false, "/homes/x": false} {
		var out strings.Builder
		well := printFindings(&out, []finding{tellingDir(finding{what: "state directory", note: dir})})
		if got := strings.HasPrefix(out.String(), "warn"); got != warned || !well {
			t.Errorf("%s: %t %s", dir, well, out.String())
		}
	}
}
