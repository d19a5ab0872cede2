package db

import "onionbot/services"

// What users gave to the bot, and to each other.

func (t *tx) Keys() ([]services.Key, error) {
	return rows(t, "list keys", `SELECT id, user, configured, line, at FROM user_keys ORDER BY id`,
		func(row scanner) (k services.Key, err error) {
			var at int64
			err = row.Scan(&k.ID, &k.User, &k.Configured, &k.Line, &at)
			k.At = moment(at)
			return k, err
		})
}

func (t *tx) AddKey(k *services.Key) error {
	_, id, err := t.insert("add key", `INSERT INTO user_keys (user, configured, line, at) VALUES (?, ?, ?, ?)`,
		k.User, k.Configured, k.Line, millis(k.At))
	k.ID = id
	return err
}

func (t *tx) RemoveKey(id int64) error {
	_, err := t.change("remove key", `DELETE FROM user_keys WHERE id = ?`, id)
	return err
}

func (t *tx) Shares(instance string) ([]string, error) {
	return rows(t, "list shares", `SELECT user FROM shares WHERE instance = ? ORDER BY user`, scanText, instance)
}

func (t *tx) SharedWith(user string) ([]string, error) {
	return rows(t, "list shares", `SELECT instance FROM shares WHERE user = ? ORDER BY instance`, scanText, user)
}

func scanText(row scanner) (s string, err error) {
	err = row.Scan(&s)
	return s, err
}

func (t *tx) AddShare(instance, user string) error {
	_, err := t.change("add share", `INSERT INTO shares (instance, user) VALUES (?, ?) ON CONFLICT DO NOTHING`, instance, user)
	return err
}

func (t *tx) RemoveShare(instance, user string) error {
	_, err := t.change("remove share", `DELETE FROM shares WHERE instance = ? AND user = ?`, instance, user)
	return err
}
