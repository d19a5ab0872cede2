package db

import (
	"fmt"
	"time"

	"onionbot/services"
)

const instanceColumns = `id, owner, service, name, network, account, chat, reply_to,
	address, onion_key, clients, host_key, host_print, idle_ms, max_visits,
	desired, state, reason, fault, visits, content, repairs,
	created_at, expires_at, ready_at, checked_at, ended_at, updated_at, secrets`

const putInstance = `INSERT INTO instances (` + instanceColumns + `)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
	owner = excluded.owner, service = excluded.service, name = excluded.name,
	network = excluded.network, account = excluded.account, chat = excluded.chat, reply_to = excluded.reply_to,
	address = excluded.address, onion_key = excluded.onion_key, clients = excluded.clients,
	host_key = excluded.host_key, host_print = excluded.host_print,
	idle_ms = excluded.idle_ms, max_visits = excluded.max_visits,
	desired = excluded.desired, state = excluded.state, reason = excluded.reason, fault = excluded.fault,
	visits = excluded.visits, content = excluded.content, repairs = excluded.repairs,
	created_at = excluded.created_at, expires_at = excluded.expires_at, ready_at = excluded.ready_at,
	checked_at = excluded.checked_at, ended_at = excluded.ended_at, updated_at = excluded.updated_at,
	secrets = excluded.secrets`

// endedColumns are instanceColumns of what is left of an ended instance.
const endedColumns = `id, owner, service, '', '', '', '', '',
	'', '', '', '', '', 0, 0,
	'gone', 'gone', reason, '', 0, 0, 0,
	created_at, expires_at, ready_at, checked_at, ended_at, updated_at, ''`

const eraseInstance = `INSERT INTO ended
SELECT id, owner, service, reason, created_at, expires_at, ready_at, checked_at, ended_at, updated_at
FROM instances WHERE id = ?`

func (t *tx) Instance(id string) (*services.Instance, error) {
	found, err := rows(t, "read instance", `SELECT `+instanceColumns+` FROM instances WHERE id = ?1
		UNION ALL SELECT `+endedColumns+` FROM ended WHERE id = ?1`, scanInstance, id)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, services.E(services.CodeNotFound)
	}
	return found[0], nil
}

func (t *tx) Instances(f services.InstanceFilter) ([]*services.Instance, error) {
	where, args := conditions(f)
	query := `SELECT ` + instanceColumns + ` FROM instances WHERE ` + where
	if where, more, some := endedConditions(f); some {
		query += ` UNION ALL SELECT ` + endedColumns + ` FROM ended WHERE ` + where
		args = append(args, more...)
	}
	return rows(t, "list instances", query+` ORDER BY created_at, id`, scanInstance, args...)
}

func (t *tx) CountInstances(f services.InstanceFilter) (n int, err error) {
	where, args := conditions(f)
	query := `SELECT (SELECT count(*) FROM instances WHERE ` + where + `)`
	if where, more, some := endedConditions(f); some {
		query += ` + (SELECT count(*) FROM ended WHERE ` + where + `)`
		args = append(args, more...)
	}
	err = t.get("count instances", query, args, &n)
	return n, err
}

func (t *tx) PutInstance(i *services.Instance) error {
	clients, err := list(i.Onion.Clients)
	if err != nil {
		return fmt.Errorf("put instance: %w", err)
	}
	secrets, err := revealed(i.Secrets)
	if err != nil {
		return fmt.Errorf("put instance: %w", err)
	}
	_, err = t.change("put instance", putInstance,
		i.ID, i.Owner, i.Service, i.Name,
		i.Origin.Network, i.Origin.Account, i.Origin.Chat, i.Origin.ReplyTo,
		i.Onion.Address, i.Onion.Key.Reveal(), clients,
		i.HostKey.PrivatePEM.Reveal(), i.HostKey.Fingerprint,
		i.Rules.Idle.Milliseconds(), i.Rules.Visits,
		string(i.Desired), string(i.State), string(i.Reason), string(i.Fault),
		i.Visits, i.Content, i.Repairs,
		millis(i.CreatedAt), millis(i.ExpiresAt), millis(i.ReadyAt),
		millis(i.CheckedAt), millis(i.EndedAt), millis(i.UpdatedAt), secrets)
	if err != nil {
		return err
	}
	_, err = t.change("put instance", `DELETE FROM ended WHERE id = ?`, i.ID)
	return err
}

// EraseInstance leaves notices alone: a finished one lost what it carried when
// it was finished.
func (t *tx) EraseInstance(id string) error {
	i, err := t.Instance(id)
	if err != nil {
		return err
	}
	if !i.Ended() {
		return services.E(services.CodeConflict)
	}
	if _, err := t.change("erase instance", eraseInstance, id); err != nil {
		return err
	}
	if _, err := t.change("erase instance", `DELETE FROM shares WHERE instance = ?`, id); err != nil {
		return err
	}
	_, err = t.change("erase instance", `DELETE FROM instances WHERE id = ?`, id)
	return err
}

func scanInstance(row scanner) (*services.Instance, error) {
	var (
		i                                                services.Instance
		clients, secrets                                 string
		idle                                             int64
		created, expires, ready, checked, ended, updated int64
	)
	err := row.Scan(&i.ID, &i.Owner, &i.Service, &i.Name,
		&i.Origin.Network, &i.Origin.Account, &i.Origin.Chat, &i.Origin.ReplyTo,
		&i.Onion.Address, &i.Onion.Key, &clients,
		&i.HostKey.PrivatePEM, &i.HostKey.Fingerprint, &idle, &i.Rules.Visits,
		&i.Desired, &i.State, &i.Reason, &i.Fault, &i.Visits, &i.Content, &i.Repairs,
		&created, &expires, &ready, &checked, &ended, &updated, &secrets)
	if err != nil {
		return nil, err
	}
	if i.Onion.Clients, err = clientsIn(clients); err != nil {
		return nil, fmt.Errorf("clients of %s: %w", i.ID, err)
	}
	if i.Secrets, err = hidden(secrets); err != nil {
		return nil, fmt.Errorf("secrets of %s: %w", i.ID, err)
	}
	i.Rules.Idle = time.Duration(idle) * time.Millisecond
	i.CreatedAt, i.ExpiresAt, i.ReadyAt = moment(created), moment(expires), moment(ready)
	i.CheckedAt, i.EndedAt, i.UpdatedAt = moment(checked), moment(ended), moment(updated)
	return &i, nil
}
