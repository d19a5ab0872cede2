package db

import (
	"time"

	"onionbot/services"
)

// dueByChat numbers the due notices of each chat, and then those of each
// network, whereby the first ones of all chats come first.
const dueByChat = `WITH
	due AS (
		SELECT *, row_number() OVER (PARTITION BY network, account, chat, kind = 'dropped-file' ORDER BY due_at, id) AS place
		FROM notices WHERE max(due_at, next_at) <= ?1),
	ranked AS (
		SELECT *, row_number() OVER (PARTITION BY network ORDER BY place, due_at, id) AS rank
		FROM due WHERE place <= ?2)
	SELECT ` + noticeColumns + ` FROM ranked WHERE rank <= ?3 ORDER BY due_at, id`

func (t *tx) DueByChat(now time.Time, perChat, perNetwork int) ([]*services.Notice, error) {
	return rows(t, "due notices", dueByChat, scanNotice, millis(now), perChat, perNetwork)
}

func (t *tx) CountDue(now time.Time) (map[string]int, error) {
	type count struct {
		network string
		n       int
	}
	found, err := rows(t, "count notices", `SELECT network, count(*) FROM notices WHERE due_at <= ? GROUP BY network`,
		func(row scanner) (c count, err error) { return c, row.Scan(&c.network, &c.n) }, millis(now))
	if err != nil {
		return nil, err
	}
	out := make(map[string]int)
	for _, c := range found {
		out[c.network] = c.n
	}
	return out, nil
}

func (t *tx) PostponeChat(to services.Route, until time.Time) error {
	_, err := t.change("postpone notices",
		`UPDATE notices SET next_at = ?1 WHERE next_at < ?1 AND network = ?2 AND account = ?3 AND chat = ?4`,
		millis(until), to.Network, to.Account, to.Chat)
	return err
}

func (t *tx) GiveUpNotices(network, account string) error {
	_, err := t.finish("give up notices", services.NoticeGivenUp, `network = ? AND account = ?`, network, account)
	return err
}
