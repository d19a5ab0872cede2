package services

import (
	"context"
	"strings"
)

// List returns what the user has running or ending, oldest first; an operator
// sees everybody's.
func (m *Manager) List(ctx context.Context, u *User) ([]*Instance, error) {
	var out []*Instance
	err := m.o.Store.View(ctx, func(tx Tx) error {
		var err error
		out, err = visible(tx, u)
		return err
	})
	return out, err
}

// Find returns one instance by name, by "#id", or, for "", the only one.
func (m *Manager) Find(ctx context.Context, u *User, target string) (*Instance, error) {
	var inst *Instance
	err := m.o.Store.View(ctx, func(tx Tx) error {
		var err error
		inst, err = find(tx, u, target)
		return err
	})
	return inst, err
}

func visible(tx Tx, u *User) ([]*Instance, error) {
	filter := InstanceFilter{Owner: u.Name, NotEnded: true}
	if u.Operator {
		filter.Owner = ""
	}
	all, err := tx.Instances(filter)
	if err != nil {
		return nil, err
	}
	out := all[:0]
	for _, i := range all {
		if i.Owner != "" { // a warm address is nobody's yet
			out = append(out, i)
		}
	}
	return out, nil
}

func find(tx Tx, u *User, target string) (*Instance, error) {
	all, err := visible(tx, u)
	if err != nil {
		return nil, err
	}
	if target == "" {
		return only(all)
	}
	if len(all) == 0 && !strings.HasPrefix(target, "#") {
		return nil, E(CodeNothingRunning)
	}
	id, byID := strings.CutPrefix(target, "#")
	var found *Instance
	var names []string
	for _, i := range all {
		names = append(names, i.Name)
		if byID && i.ID == id || !byID && i.Name == target {
			// The living one of two with the same name is meant, and one's own
			// before another's.
			if found == nil || better(u, i, found) {
				found = i
			}
		}
	}
	if found == nil {
		return nil, E(CodeUnknownName, "word", target, "suggestion", Suggest(target, names))
	}
	return found, nil
}

func better(u *User, a, b *Instance) bool {
	if (a.Owner == u.Name) != (b.Owner == u.Name) {
		return a.Owner == u.Name
	}
	return a.Live() && !b.Live()
}

// only picks the single instance that a command without a name means.
func only(all []*Instance) (*Instance, error) {
	var live []*Instance
	var names []string
	for _, i := range all {
		if i.Live() {
			live = append(live, i)
			names = append(names, i.Name)
		}
	}
	switch {
	case len(live) == 1:
		return live[0], nil
	case len(live) == 0 && len(all) == 1:
		return all[0], nil
	case len(live) == 0:
		return nil, E(CodeNothingRunning)
	}
	return nil, E(CodeAmbiguous, "names", strings.Join(names, ", "))
}
