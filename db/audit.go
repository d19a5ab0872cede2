package db

import (
	"time"

	"onionbot/services"
)

func (t *tx) AddAudit(a services.AuditEntry) error {
	_, err := t.change("add audit", `INSERT INTO audit (at, network, account, owner, action, instance, outcome, detail)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		millis(a.At), a.Network, a.Account, a.Owner, a.Action, a.Instance, a.Outcome, a.Detail)
	return err
}

func (t *tx) CountAudit(a services.AuditEntry) error {
	_, err := t.change("count audit", `INSERT INTO audit
			(at, network, account, owner, action, instance, outcome, detail, hour, count)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
		ON CONFLICT (hour, network, account, owner, action, instance, outcome, detail) WHERE hour IS NOT NULL
		DO UPDATE SET count = count + 1`,
		millis(a.At), a.Network, a.Account, a.Owner, a.Action, a.Instance, a.Outcome, a.Detail,
		millis(a.At.Truncate(time.Hour)))
	return err
}

func (t *tx) Audit(limit int) ([]services.AuditEntry, error) {
	return rows(t, "read audit", `SELECT at, network, account, owner, action, instance, outcome, detail, count
		FROM audit ORDER BY id DESC LIMIT ?`, scanAudit, max(limit, 0))
}

func scanAudit(row scanner) (services.AuditEntry, error) {
	var (
		a  services.AuditEntry
		at int64
	)
	err := row.Scan(&at, &a.Network, &a.Account, &a.Owner, &a.Action, &a.Instance, &a.Outcome, &a.Detail, &a.Count)
	a.At = moment(at)
	return a, err
}

func (t *tx) Purge(before time.Time) error {
	for _, query := range []string{
		`DELETE FROM instances WHERE state = 'gone' AND iif(ended_at = 0, updated_at, ended_at) < ?`,
		`DELETE FROM ended WHERE iif(ended_at = 0, updated_at, ended_at) < ?`,
		`DELETE FROM finished WHERE due_at < ?`,
		`DELETE FROM incoming WHERE received_at < ?`,
		`DELETE FROM handled WHERE handled_at < ?`,
		`DELETE FROM audit WHERE at < ?`,
		`DELETE FROM invites WHERE expires_at < ?`,
	} {
		if _, err := t.change("purge", query, millis(before)); err != nil {
			return err
		}
	}
	return nil
}
