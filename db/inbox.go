package db

import (
	"encoding/json"
	"fmt"

	"onionbot/services"
)

func (t *tx) AddIncoming(in services.Incoming) (bool, error) {
	var raw any
	if len(in.Raw) > 0 {
		raw = in.Raw
	}
	added, err := t.change("add incoming", `INSERT INTO incoming (network, id, raw, sent_at, received_at)
		SELECT ?1, ?2, ?3, ?4, ?5
		WHERE NOT EXISTS (SELECT 1 FROM handled WHERE network = ?1 AND id = ?2)
		  AND NOT EXISTS (SELECT 1 FROM incoming WHERE network = ?1 AND id = ?2)`,
		in.Network, in.ID, raw, millis(in.SentAt), millis(in.ReceivedAt))
	return added > 0, err
}

func (t *tx) Incomings(network string, limit int) ([]services.Incoming, error) {
	return rows(t, "read incoming", `SELECT network, id, raw, sent_at, received_at FROM incoming
		WHERE network = ? ORDER BY seq LIMIT ?`, scanIncoming, network, max(limit, 0))
}

func scanIncoming(row scanner) (services.Incoming, error) {
	var (
		in             services.Incoming
		sent, received int64
	)
	err := row.Scan(&in.Network, &in.ID, &in.Raw, &sent, &received)
	in.SentAt, in.ReceivedAt = moment(sent), moment(received)
	return in, err
}

func (t *tx) MarkHandled(network, id string) (bool, error) {
	fresh, err := t.change("mark handled", `INSERT INTO handled (network, id, handled_at) VALUES (?, ?, ?)
		ON CONFLICT DO NOTHING`, network, id, millis(t.now()))
	if err != nil || fresh == 0 {
		return false, err
	}
	_, err = t.change("mark handled", `DELETE FROM incoming WHERE network = ? AND id = ?`, network, id)
	return err == nil, err
}

func (t *tx) Handled(network, id string) (bool, error) {
	var done bool
	err := t.get("handled", `SELECT EXISTS (SELECT 1 FROM handled WHERE network = ? AND id = ?)`,
		[]any{network, id}, &done)
	return done, err
}

func (t *tx) DropIncoming(network, id string) (bool, error) {
	dropped, err := t.change("drop incoming", `DELETE FROM incoming WHERE network = ? AND id = ?`, network, id)
	return dropped > 0, err
}

func (t *tx) KeepNetworks(names ...string) error {
	kept, err := json.Marshal(append([]string{}, names...)) // never null
	if err != nil {
		return fmt.Errorf("keep networks: %w", err)
	}
	const others = `network NOT IN (SELECT value FROM json_each(?))`
	if _, err := t.change("keep networks", `DELETE FROM incoming WHERE `+others, string(kept)); err != nil {
		return err
	}
	_, err = t.finish("keep networks", services.NoticeGivenUp, others, string(kept))
	return err
}

func (t *tx) Cursor(network string) (string, error) {
	return t.text("read cursor", `SELECT cursor FROM cursors WHERE network = ?`, network)
}

func (t *tx) SetCursor(network, cursor string) error {
	_, err := t.change("set cursor", `INSERT INTO cursors (network, cursor) VALUES (?, ?)
		ON CONFLICT (network) DO UPDATE SET cursor = excluded.cursor`, network, cursor)
	return err
}

func (t *tx) Setting(name string) (string, error) {
	return t.text("read setting", `SELECT value FROM settings WHERE name = ?`, name)
}

func (t *tx) SetSetting(name, value string) error {
	_, err := t.change("set setting", `INSERT INTO settings (name, value) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}
