package settings

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// mustBe begins what the types of this package say of a value that they refuse.
const mustBe = "must be "

// maxDays is ten years: more is a slip.
const maxDays = 3650

// Duration reads "90s", "15m", "2h30m" and whole days, "7d". A number alone is
// refused: it has no unit. It is a struct because TOML would put a number into
// an integer without asking it.
type Duration struct{ time.Duration }

// UnmarshalText is how TOML values become durations.
func (d *Duration) UnmarshalText(text []byte) error {
	s := string(text)
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return &refused{s, fmt.Sprintf("a time with its unit: write %q, %q or %q", s+"s", s+"m", s+"h")}
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil && n <= maxDays {
			d.Duration = time.Duration(n) * 24 * time.Hour
			return nil
		}
	}
	v, err := time.ParseDuration(s)
	if err != nil || v < 0 {
		return &refused{s, aTime}
	}
	d.Duration = v
	return nil
}

// refused is a value that cannot be a duration.
type refused struct{ value, kind string }

func (r *refused) Error() string { return mustBe + r.kind }
