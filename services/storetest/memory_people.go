package storetest

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"onionbot/services"
)

func copyUser(u services.User) services.User {
	u.Services = slices.Clone(nonEmpty(u.Services))
	u.MaxLife = u.MaxLife.Truncate(time.Millisecond)
	u.SSHKeys, u.OnionKeys, u.Stored, u.Role = nil, nil, true, cmp.Or(u.Role, services.RoleMember)
	return u
}

func copyPerson(p *services.Person) *services.Person {
	c := *p
	c.User, c.CreatedAt = copyUser(p.User), stored(p.CreatedAt)
	return &c
}

func (tx *memoryTx) People() (out []*services.Person, err error) {
	if err := tx.read("People"); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(tx.s.people)) {
		out = append(out, copyPerson(tx.s.people[name]))
	}
	return out, nil
}

func (tx *memoryTx) Person(name string) (*services.Person, error) {
	if err := tx.read("Person"); err != nil {
		return nil, err
	}
	p, ok := tx.s.people[name]
	if !ok {
		return nil, services.E(services.CodeNotFound)
	}
	return copyPerson(p), nil
}

func (tx *memoryTx) PutPerson(p *services.Person) error {
	if err := tx.write("PutPerson"); err != nil {
		return err
	}
	if p.User.Name == "" || p.User.Role == services.RoleOperator {
		return errors.New("a person without a name, or an operator")
	}
	tx.s.people[p.User.Name] = copyPerson(p)
	return nil
}

func (tx *memoryTx) RemovePerson(name string) error {
	if err := tx.write("RemovePerson"); err != nil {
		return err
	}
	s := tx.s
	delete(s.people, name)
	s.bindings = slices.DeleteFunc(s.bindings, func(b services.Binding) bool { return b.User == name && !b.Configured })
	s.userKeys = slices.DeleteFunc(s.userKeys, func(k services.Key) bool { return k.User == name && !k.Configured })
	s.invites = slices.DeleteFunc(s.invites, func(i *services.Invite) bool { return i.User.Name == name && !i.Configured })
	s.shares = slices.DeleteFunc(s.shares, func(sh share) bool { return sh.user == name })
	return nil
}

func (tx *memoryTx) Bindings() ([]services.Binding, error) {
	if err := tx.read("Bindings"); err != nil {
		return nil, err
	}
	return slices.Clone(nonEmpty(tx.s.bindings)), nil
}

func (tx *memoryTx) AddBinding(b services.Binding) error {
	if err := tx.write("AddBinding"); err != nil {
		return err
	}
	for _, other := range tx.s.bindings {
		if other.Network == b.Network && other.Account == b.Account {
			return services.E(services.CodeConflict)
		}
	}
	b.At = stored(b.At)
	tx.s.bindings = append(tx.s.bindings, b)
	slices.SortFunc(tx.s.bindings, func(a, b services.Binding) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Network, b.Network), strings.Compare(a.Account, b.Account))
	})
	return nil
}

func copyInvite(i *services.Invite) *services.Invite {
	c := *i
	c.User, c.CreatedAt, c.ExpiresAt, c.To.ReplyTo = copyUser(i.User), stored(i.CreatedAt), stored(i.ExpiresAt), ""
	return &c
}

func (tx *memoryTx) Invites() (out []*services.Invite, err error) {
	if err := tx.read("Invites"); err != nil {
		return nil, err
	}
	for _, i := range tx.s.invites {
		out = append(out, copyInvite(i))
	}
	slices.SortFunc(out, func(a, b *services.Invite) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), strings.Compare(a.Hash, b.Hash))
	})
	return out, nil
}

func (tx *memoryTx) Invite(hash string) (*services.Invite, error) {
	if err := tx.read("Invite"); err != nil {
		return nil, err
	}
	for _, i := range tx.s.invites {
		if i.Hash == hash {
			return copyInvite(i), nil
		}
	}
	return nil, services.E(services.CodeNotFound)
}

func (tx *memoryTx) PutInvite(i *services.Invite) error {
	if err := tx.write("PutInvite"); err != nil {
		return err
	}
	tx.s.invites = append(slices.DeleteFunc(tx.s.invites, func(other *services.Invite) bool {
		return other.Kind == i.Kind && other.User.Name == i.User.Name
	}), copyInvite(i))
	return nil
}

func (tx *memoryTx) DropInvite(hash string) error {
	if err := tx.write("DropInvite"); err != nil {
		return err
	}
	tx.s.invites = slices.DeleteFunc(tx.s.invites, func(i *services.Invite) bool { return i.Hash == hash })
	return nil
}
