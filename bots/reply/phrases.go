package reply

import (
	"fmt"
	"strings"
	"time"
)

// span as people say it: "2 h", "1 h 30 min", "3 days".
func humanSpan(d time.Duration) string {
	if d.Round(time.Second) < time.Minute {
		return fmt.Sprintf("%d s", max(int(d.Round(time.Second)/time.Second), 0))
	}
	d = d.Round(time.Minute)
	days, hours, minutes := int(d/(24*time.Hour)), int(d/time.Hour)%24, int(d/time.Minute)%60
	var parts []string
	add := func(n int, one, many string) {
		switch {
		case n == 1:
			parts = append(parts, "1 "+one)
		case n > 1:
			parts = append(parts, fmt.Sprintf("%d %s", n, many))
		}
	}
	add(days, "day", "days")
	add(hours, "h", "h")
	if days == 0 {
		add(minutes, "min", "min")
	}
	return strings.Join(parts, " ")
}

// humanTime is a time of day, with the date where it is not today's.
func humanTime(at, now time.Time) string {
	layout := "15:04 MST"
	switch at = at.In(now.Location()); {
	case at.Format(time.DateOnly) == now.Format(time.DateOnly):
	case at.Sub(now).Abs() < 6*24*time.Hour:
		layout = "Mon 15:04 MST"
	default:
		layout = "2 Jan 15:04 MST"
	}
	return at.Format(layout)
}

// spanArg reads a duration from an error's or a notice's arguments.
func spanArg(s string) string {
	d, err := time.ParseDuration(s)
	if err != nil {
		return tame(s, quoteLimit)
	}
	return humanSpan(d)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func lines(s ...string) string {
	var out []string
	for _, l := range s {
		if l != "" {
			out = append(out, l)
		}
	}
	return strings.Join(out, "\n")
}
