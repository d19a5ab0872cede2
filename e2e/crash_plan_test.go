package e2e

import (
	"fmt"
)

// plan is where daemons die in the three parts of a season: while things
// start, while they are extended and stopped, while they expire.
type plan struct{ starts, changes, expiries []string }

func shortPlan() plan {
	return plan{
		starts:   []string{"before:commit#2", "after:run#1", "before:publish#2", "after:probe#1"},
		changes:  []string{"after:commit#1", "before:deadline#1", "after:remove-container#1", "before:verify-gone#1", "before:orphan#1", ""},
		expiries: []string{"before:end#1", "after:remove-onion#1", "before:finish#1"},
	}
}

// longPlan goes through every point, a different part in each season.
func longPlan(n int) plan {
	var p plan
	take := func(from []string, many int) []string {
		var out []string
		for i := range many {
			at := from[(n*many+i)%len(from)]
			if at != "" {
				at += fmt.Sprintf("#%d", 1+n%3)
			}
			out = append(out, at)
		}
		return out
	}
	p.starts = take(bothSides("run", "commit", "publish", "probe", "arm", ""), 6)
	p.changes = take(bothSides("deadline", "remove-container", "commit", "remove-onion", "verify-gone", "finish", "count", "orphan", "show", ""), 8)
	p.expiries = take(bothSides("end", "remove-container", "remove-onion", "verify-gone", "finish", "commit", ""), 6)
	return p
}

func bothSides(steps ...string) []string {
	var out []string
	for _, step := range steps {
		if step == "" {
			out = append(out, "", "")
			continue
		}
		out = append(out, "before:"+step, "after:"+step)
	}
	return out
}
