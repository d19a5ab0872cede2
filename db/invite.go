package db

import "onionbot/services"

const inviteColumns = `hash, kind, user, ` + rightsColumns + `, configured, invited_by, network, account, chat, created_at, expires_at`

func (t *tx) Invites() ([]*services.Invite, error) {
	return rows(t, "list invites", `SELECT `+inviteColumns+` FROM invites ORDER BY created_at, hash`, scanInvite)
}

func (t *tx) Invite(hash string) (*services.Invite, error) {
	return one(rows(t, "read invite", `SELECT `+inviteColumns+` FROM invites WHERE hash = ?`, scanInvite, hash))
}

func scanInvite(row scanner) (*services.Invite, error) {
	var (
		i                services.Invite
		rights           storedRights
		created, expires int64
	)
	dest := append([]any{&i.Hash, &i.Kind, &i.User.Name}, rights.dest()...)
	dest = append(dest, &i.Configured, &i.By, &i.To.Network, &i.To.Account, &i.To.Chat, &created, &expires)
	if err := row.Scan(dest...); err != nil {
		return nil, err
	}
	i.CreatedAt, i.ExpiresAt = moment(created), moment(expires)
	return &i, rights.read(&i.User)
}

func (t *tx) PutInvite(i *services.Invite) error {
	if _, err := t.change("put invite", `DELETE FROM invites WHERE kind = ? AND user = ?`, string(i.Kind), i.User.Name); err != nil {
		return err
	}
	rights, err := rightsOf(i.User)
	if err != nil {
		return err
	}
	args := append([]any{i.Hash, string(i.Kind), i.User.Name}, rights...)
	args = append(args, i.Configured, i.By, i.To.Network, i.To.Account, i.To.Chat, millis(i.CreatedAt), millis(i.ExpiresAt))
	_, err = t.change("put invite", `INSERT INTO invites (`+inviteColumns+`)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, args...)
	return err
}

func (t *tx) DropInvite(hash string) error {
	_, err := t.change("drop invite", `DELETE FROM invites WHERE hash = ?`, hash)
	return err
}
