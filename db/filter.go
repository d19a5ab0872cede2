package db

import "onionbot/services"

// conditions are a filter in SQL: as few as it asks for, and in the words of
// the indexes, which SQLite does not recognise behind a parameter.
func conditions(f services.InstanceFilter) (where string, args []any) {
	where = "true"
	for _, c := range []struct{ column, value string }{
		{"owner", f.Owner}, {"name", f.Name}, {"service", f.Service}, {"state", string(f.State)},
	} {
		if c.value != "" {
			where += " AND " + c.column + " = ?"
			args = append(args, c.value)
		}
	}
	switch f.Desired {
	case "":
	case services.DesiredRunning:
		where += " AND desired = 'running'"
	case services.DesiredWarm:
		where += " AND desired = 'warm'"
	default:
		where += " AND desired = ?"
		args = append(args, string(f.Desired))
	}
	if f.NotEnded {
		where += " AND state <> 'gone'"
	}
	if !f.CreatedAfter.IsZero() {
		where += " AND created_at > ?"
		args = append(args, millis(f.CreatedAfter))
	}
	return where, args
}

// endedConditions are a filter for what is left of ended instances; some is
// false if it selects none of them.
func endedConditions(f services.InstanceFilter) (where string, args []any, some bool) {
	if f.NotEnded || f.Name != "" ||
		(f.Desired != "" && f.Desired != services.DesiredGone) || (f.State != "" && f.State != services.StateGone) {
		return "", nil, false
	}
	where, args = conditions(services.InstanceFilter{Owner: f.Owner, Service: f.Service, CreatedAfter: f.CreatedAfter})
	return where, args, true
}
