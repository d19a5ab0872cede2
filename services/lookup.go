package services

import (
	"context"
	"slices"
	"strings"
)

// List returns what the user has running or ending, and what others share with
// them, oldest first; an operator sees everybody's.
func (m *Manager) List(ctx context.Context, u *User) ([]*Instance, error) {
	var out []*Instance
	err := m.o.Store.View(ctx, func(tx Tx) error {
		var err error
		out, err = visible(tx, u, InstanceFilter{})
		return err
	})
	return out, err
}

// Find returns one instance by name, by "#id", or, for "", the user's own if they have only one.
func (m *Manager) Find(ctx context.Context, u *User, target string) (*Instance, error) {
	var inst *Instance
	err := m.o.Store.View(ctx, func(tx Tx) error {
		var err error
		inst, err = find(tx, u, target, DeedLook)
		return err
	})
	return inst, err
}

// visible narrows a filter to what the user may see: their own and what is
// given to them, and for an operator everybody's but the warm addresses, which
// are nobody's yet.
func visible(tx Tx, u *User, f InstanceFilter) ([]*Instance, error) {
	f.NotEnded = true
	if !u.Operates() {
		f.Owner = u.Name
	}
	found, err := tx.Instances(f)
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(i *Instance) bool { return i.Owner == "" })
	if u.Operates() {
		return found, nil
	}
	given, err := givenTo(tx, u)
	for _, i := range given {
		if f.Name == "" || f.Name == i.Name {
			found = append(found, i)
		}
	}
	return found, err
}

// givenTo are the instances that others share with the user.
func givenTo(tx Tx, u *User) (out []*Instance, err error) {
	ids, err := tx.SharedWith(u.Name)
	for _, id := range ids {
		i, err := tx.Instance(id)
		switch {
		case IsCode(err, CodeNotFound):
			continue
		case err != nil:
			return nil, err
		case !i.Ended() && i.Owner != u.Name && i.Owner != "":
			out = append(out, i)
		}
	}
	return out, err
}

// tie is what the user is to an instance.
func tie(tx Tx, u *User, i *Instance) (Tie, error) {
	if i.Owner == u.Name {
		return TieOwn, nil
	}
	with, err := tx.Shares(i.ID)
	if err == nil && slices.Contains(with, u.Name) {
		return TieGiven, nil
	}
	return TieNobody, err
}

// find finds the one instance that the target names and that the user may do
// the deed to.
func find(tx Tx, u *User, target string, deed Deed) (*Instance, error) {
	inst, err := named(tx, u, target)
	if err != nil {
		return nil, err
	}
	return inst, may(tx, u, inst, deed)
}

// may refuses a deed that the policy does not allow. What may not even be
// looked at reads like what is not there.
func may(tx Tx, u *User, i *Instance, deed Deed) error {
	t, err := tie(tx, u, i)
	switch {
	case err != nil:
		return err
	case !u.Role.Allows(t, DeedLook):
		return unknown(tx, u, "#"+i.ID)
	case !u.Role.Allows(t, deed):
		return E(CodeNotYours, "name", i.Name)
	}
	return nil
}

func named(tx Tx, u *User, target string) (*Instance, error) {
	if target == "" {
		// Without a name one's own is meant, whoever else's one may stop.
		own, err := tx.Instances(InstanceFilter{Owner: u.Name, NotEnded: true})
		if err == nil && len(own) == 0 {
			own, err = givenTo(tx, u)
		}
		if err != nil {
			return nil, err
		}
		return only(own)
	}
	if id, ok := strings.CutPrefix(target, "#"); ok {
		return findByID(tx, u, id, DeedLook)
	}
	named, err := visible(tx, u, InstanceFilter{Name: target})
	if err != nil {
		return nil, err
	}
	// The living one of two with the same name is meant, and one's own before
	// another's.
	var found *Instance
	for _, i := range named {
		if found == nil || better(u, i, found) {
			found = i
		}
	}
	if found == nil {
		return nil, unknown(tx, u, target)
	}
	return found, nil
}

func findByID(tx Tx, u *User, id string, deed Deed) (*Instance, error) {
	i, err := tx.Instance(id)
	switch {
	case IsCode(err, CodeNotFound):
		return nil, unknown(tx, u, "#"+id)
	case err != nil:
		return nil, err
	case i.Ended(), i.Owner == "":
		return nil, unknown(tx, u, "#"+id)
	}
	if err := may(tx, u, i, deed); err != nil {
		return nil, err
	}
	return i, nil
}

// unknown says that the user has nothing of that name, and what comes close.
func unknown(tx Tx, u *User, target string) error {
	all, err := visible(tx, u, InstanceFilter{})
	if err != nil {
		return err
	}
	if len(all) == 0 && !strings.HasPrefix(target, "#") {
		return E(CodeNothingRunning)
	}
	var names []string
	for _, i := range all {
		names = append(names, i.Name)
	}
	return E(CodeUnknownName, "word", target, "suggestion", Suggest(target, names))
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
