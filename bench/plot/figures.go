package main

import (
	"fmt"
	"strings"
)

// figure is one line of the table: a metric and what it should be at most
// (or, where atLeast is set, at least).
type figure struct {
	name, unit, what, format string
	target                   float64
	atLeast                  bool
}

func wanted() []figure {
	return []figure{
		{"ColdStart", "x-floor", "cold start, against the floor", "%.2f ×", 1.25, false},
		{"ColdStart", "x-rival", "cold start, against OnionShare", "%.2f ×", 1, false},
		{"ColdStart", "selftest-ms", "the self-test before an app starts, part of a start", "%.1f ms", 50, false},
		{"WarmStart", "x-floor", "warm start, against the floor", "%.2f ×", 1.3, false},
		{"Reply", "p99-ms", "first answer with the address, 20 starts under way, p99", "%.0f ms", 150, false},
		{"Burst100", "x-floor", "100 at once, all verified, against the floor", "%.2f ×", 1.3, false},
		{"Burst100", "verified", "of 100 at once, verified", "%.0f", 100, true},
		{"Burst100", "rival-published", "of 100 at once on one tor, published within 120 s (rival)", "%.0f", 50, false},
		{"Commands", "x-floor", "a durable command, against a bare commit", "%.2f ×", 2, false},
		{"Commands", "list-p99-ms", "`list` with 500 live, p99", "%.1f ms", 20, false},
		{"Restart50", "failed-visits", "failed visits around `kill -9` of the bot", "%.0f", 0, false},
		{"Restart50", "slowest-ms", "from start to the first answer, slowest", "%.0f ms", 1000, false},
		{"TorCrash50", "slowest-s", "from a tor's death to all verified again, slowest", "%.1f s", 30, false},
		{"Expiry500", "late-p50-ms", "lateness of 500 deadlines in a minute, p50", "%.1f ms", 1000, false},
		{"Expiry500", "late-p99-ms", "lateness of 500 deadlines in a minute, p99", "%.1f ms", 1000, false},
		{"Footprint", "binary-MB", "binary", "%.1f MB", 35, false},
		{"Footprint", "idle-MB", "memory, idle", "%.1f MB", 40, false},
		{"Footprint", "memory-500-MB", "memory, 500 instances", "%.1f MB", 80, false},
		{"Footprint", "idle-cpu-%", "processor, idle, of one core", "%.2f %%", 0.5, false},
	}
}

// figures is the table of figures beside their targets.
func figures(results map[string]result) string {
	var b strings.Builder
	b.WriteString("| what | benchmark | measured | target | held |\n|---|---|---|---|---|\n")
	for _, f := range wanted() {
		value, ok := results[f.name][f.unit]
		if !ok {
			fmt.Fprintf(&b, "| %s | `%s` | not measured | | |\n", f.what, f.name)
			continue
		}
		sign, held := "≤", value <= f.target
		if f.atLeast {
			sign, held = "≥", value >= f.target
		}
		answer := "yes"
		if !held {
			answer = "**no**"
		}
		fmt.Fprintf(&b, "| %s | `%s` | "+f.format+" | %s "+f.format+" | %s |\n", f.what, f.name, value, sign, f.target, answer)
	}
	return b.String()
}
