package db

import (
	"encoding/json"
	"fmt"
	"time"

	"onionbot/services"
)

// rightsColumns are a user's rights, in the tables that hold them.
const rightsColumns = `role, services, max_instances, max_life_ms, per_day, storage`

const personColumns = `name, ` + rightsColumns + `, blocked, invited_by, created_at`

func (t *tx) People() ([]*services.Person, error) {
	return rows(t, "list people", `SELECT `+personColumns+` FROM people ORDER BY name`, scanPerson)
}

func (t *tx) Person(name string) (*services.Person, error) {
	return one(rows(t, "read person", `SELECT `+personColumns+` FROM people WHERE name = ?`, scanPerson, name))
}

// one is the only row of those found.
func one[T any](found []T, err error) (none T, _ error) {
	switch {
	case err != nil:
		return none, err
	case len(found) == 0:
		return none, services.E(services.CodeNotFound)
	}
	return found[0], nil
}

func scanPerson(row scanner) (*services.Person, error) {
	var (
		p       services.Person
		rights  storedRights
		created int64
	)
	dest := append([]any{&p.User.Name}, rights.dest()...)
	if err := row.Scan(append(dest, &p.Blocked, &p.InvitedBy, &created)...); err != nil {
		return nil, err
	}
	p.CreatedAt = moment(created)
	return &p, rights.read(&p.User)
}

// storedRights are rights as they stand in a row.
type storedRights struct {
	role, services  string
	instances, days int
	life, storage   int64
}

func (r *storedRights) dest() []any {
	return []any{&r.role, &r.services, &r.instances, &r.life, &r.days, &r.storage}
}

func (r *storedRights) read(u *services.User) error {
	u.Role, u.MaxInstances, u.PerDay, u.Storage = services.Role(r.role), r.instances, r.days, r.storage
	u.MaxLife, u.Stored = time.Duration(r.life)*time.Millisecond, true
	if err := json.Unmarshal([]byte(r.services), &u.Services); err != nil {
		return fmt.Errorf("read rights: %w", err)
	}
	if len(u.Services) == 0 {
		u.Services = nil
	}
	return nil
}

// rightsOf are the columns of a user's rights. A role that is not named is
// a member's.
func rightsOf(u services.User) ([]any, error) {
	names, err := json.Marshal(append([]string{}, u.Services...)) // never null
	if err != nil {
		return nil, fmt.Errorf("write rights: %w", err)
	}
	role := u.Role
	if role == "" {
		role = services.RoleMember
	}
	return []any{string(role), string(names), u.MaxInstances, u.MaxLife.Milliseconds(), u.PerDay, u.Storage}, nil
}

func (t *tx) PutPerson(p *services.Person) error {
	rights, err := rightsOf(p.User)
	if err != nil {
		return err
	}
	args := append([]any{p.User.Name}, rights...)
	_, err = t.change("put person", `INSERT INTO people (`+personColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET
			role = excluded.role, services = excluded.services, max_instances = excluded.max_instances,
			max_life_ms = excluded.max_life_ms, per_day = excluded.per_day, storage = excluded.storage,
			blocked = excluded.blocked, invited_by = excluded.invited_by, created_at = excluded.created_at`,
		append(args, p.Blocked, p.InvitedBy, millis(p.CreatedAt))...)
	return err
}

func (t *tx) RemovePerson(name string) error {
	for _, query := range []string{
		`DELETE FROM people WHERE name = ?`,
		`DELETE FROM bindings WHERE user = ? AND configured = 0`,
		`DELETE FROM user_keys WHERE user = ? AND configured = 0`,
		`DELETE FROM invites WHERE user = ? AND configured = 0`,
		`DELETE FROM shares WHERE user = ?`,
	} {
		if _, err := t.change("remove person", query, name); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) Bindings() ([]services.Binding, error) {
	return rows(t, "list bindings", `SELECT network, account, actor, user, configured, at FROM bindings
		ORDER BY at, network, account`, func(row scanner) (b services.Binding, err error) {
		var at int64
		err = row.Scan(&b.Network, &b.Account, &b.Actor, &b.User, &b.Configured, &at)
		b.At = moment(at)
		return b, err
	})
}

func (t *tx) AddBinding(b services.Binding) error {
	_, err := t.change("add binding", `INSERT INTO bindings (network, account, actor, user, configured, at)
		VALUES (?, ?, ?, ?, ?, ?)`, b.Network, b.Account, b.Actor, b.User, b.Configured, millis(b.At))
	return err
}
