package db

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"onionbot/services"
)

const noticeColumns = `id, key, network, account, chat, reply_to, owner, instance, kind, args, body,
	slot, alert, due_at, stale_at, next_at, attempts, remote_id`

// addNotice finds the key taken before it draws an ID.
const addNotice = `INSERT INTO notices (key, network, account, chat, reply_to, owner, instance, kind, args, body,
	slot, alert, due_at, stale_at, next_at, attempts, remote_id)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17
WHERE NOT EXISTS (SELECT 1 FROM notices WHERE key = ?1)
  AND NOT EXISTS (SELECT 1 FROM finished WHERE key = ?1)`

func (t *tx) AddNotice(n *services.Notice) (bool, error) {
	c := *n
	if c.State == "" {
		c.State = services.NoticePending
	}
	if err := knownState(c.State); err != nil {
		return false, fmt.Errorf("add notice: %w", err)
	}
	if c.State != services.NoticePending {
		c.To, c.Args, c.Body = services.Route{}, nil, nil
	}
	args := ""
	if len(c.Args) > 0 {
		b, err := json.Marshal(c.Args)
		if err != nil {
			return false, fmt.Errorf("add notice: %w", err)
		}
		args = string(b)
	}
	var body any
	if len(c.Body) > 0 {
		body = c.Body
	}
	added, id, err := t.insert("add notice", addNotice,
		c.Key, c.To.Network, c.To.Account, c.To.Chat, c.To.ReplyTo,
		c.Owner, c.Instance, string(c.Kind), args, body, c.Slot, c.Alert,
		millis(c.DueAt), millis(c.StaleAt), millis(c.NextAt), c.Attempts, c.RemoteID)
	if err != nil || added == 0 {
		return false, err
	}
	n.ID = id
	if c.State != services.NoticePending {
		_, err = t.finish("add notice", c.State, `id = ?`, id)
	}
	return err == nil, err
}

func (t *tx) PutNotice(n *services.Notice) error {
	if err := knownState(n.State); err != nil {
		return fmt.Errorf("put notice: %w", err)
	}
	found, err := t.putPending(n)
	if err == nil && found == 0 {
		if found, err = t.reopen(n.ID); err == nil && found > 0 {
			_, err = t.putPending(n)
		}
	}
	switch {
	case err != nil:
		return err
	case found == 0:
		return services.E(services.CodeNotFound)
	case n.State == services.NoticePending:
		return nil
	}
	_, err = t.finish("put notice", n.State, `id = ?`, n.ID)
	return err
}

func (t *tx) putPending(n *services.Notice) (int64, error) {
	return t.change("put notice",
		`UPDATE notices SET attempts = ?2, next_at = ?3, due_at = ?4, remote_id = ?5 WHERE id = ?1`,
		n.ID, n.Attempts, millis(n.NextAt), millis(n.DueAt), n.RemoteID)
}

func (t *tx) SkipNotices(instance string, kinds ...services.Kind) error {
	if len(kinds) == 0 {
		return t.usable()
	}
	args := []any{instance}
	for _, k := range kinds {
		args = append(args, string(k))
	}
	_, err := t.finish("skip notices", services.NoticeSkipped,
		`instance = ? AND kind IN (?`+strings.Repeat(", ?", len(kinds)-1)+`)`, args...)
	return err
}

func (t *tx) DueNotices(now time.Time, limit int) ([]*services.Notice, error) {
	return rows(t, "due notices", `SELECT `+noticeColumns+` FROM notices
		WHERE max(due_at, next_at) <= ? ORDER BY due_at, id LIMIT ?`,
		scanNotice, millis(now), max(limit, 0))
}

func (t *tx) NextNoticeAt() (time.Time, error) {
	var ms sql.NullInt64
	err := t.get("next notice", `SELECT min(max(due_at, next_at)) FROM notices`, nil, &ms)
	if err != nil || !ms.Valid {
		return time.Time{}, err
	}
	return time.UnixMilli(ms.Int64).UTC(), nil // never zero: one without a time is due, too
}

func (t *tx) PendingNotices(instance string) ([]*services.Notice, error) {
	return rows(t, "pending notices", `SELECT `+noticeColumns+` FROM notices
		WHERE instance = ? ORDER BY id`, scanNotice, instance)
}

func (t *tx) PendingNotice(id int64) (*services.Notice, error) {
	found, err := rows(t, "pending notice", `SELECT `+noticeColumns+` FROM notices
		WHERE id = ?`, scanNotice, id)
	if err == nil && len(found) == 0 {
		err = services.E(services.CodeNotFound)
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

func scanNotice(row scanner) (*services.Notice, error) {
	var (
		n                = services.Notice{State: services.NoticePending}
		args             string
		due, stale, next int64
	)
	err := row.Scan(&n.ID, &n.Key, &n.To.Network, &n.To.Account, &n.To.Chat, &n.To.ReplyTo,
		&n.Owner, &n.Instance, &n.Kind, &args, &n.Body, &n.Slot, &n.Alert,
		&due, &stale, &next, &n.Attempts, &n.RemoteID)
	if err != nil {
		return nil, err
	}
	if args != "" {
		if err := json.Unmarshal([]byte(args), &n.Args); err != nil {
			return nil, fmt.Errorf("arguments of notice %d: %w", n.ID, err)
		}
	}
	n.DueAt, n.StaleAt, n.NextAt = moment(due), moment(stale), moment(next)
	return &n, nil
}
