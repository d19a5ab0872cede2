package main

import (
	"strings"
	"testing"
	"time"
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

func TestDoctorTellsHowOldImagesAre(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		age    time.Duration // 0 = not built
		limit  time.Duration
		warned bool
		say    string
	}{
		{0, 7 * day, false, "not built yet"},
		{3 * day, 7 * day, false, "3 days old"},
		{9 * day, 7 * day, true, "9 days old, older than docker.image_age"},
		{900 * day, 0, false, "900 days old"},
	} {
		built := time.Now().Add(-c.age)
		if c.age == 0 {
			built = time.Time{}
		}
		f := imageAge("site", built, c.limit, nil)
		if f.warn != c.warned || !strings.HasPrefix(f.note, c.say) || f.err != nil {
			t.Errorf("%v of %v: %+v", c.age, c.limit, f)
		}
	}
}
