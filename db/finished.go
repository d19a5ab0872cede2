package db

import (
	"fmt"

	"onionbot/services"
)

// finishedColumns are what stays of a notice that is no longer pending: not
// what it said, nor where it went.
const finishedColumns = `id, key, owner, instance, kind, slot, alert, due_at, stale_at, next_at, attempts, remote_id`

// finish moves the pending notices that fit to the finished ones and returns
// how many they were.
func (t *tx) finish(what string, state services.NoticeState, where string, args ...any) (int64, error) {
	moved, err := t.change(what, `INSERT INTO finished (`+finishedColumns+`, state)
		SELECT `+finishedColumns+`, '`+string(state)+`' FROM notices WHERE `+where, args...)
	if err != nil || moved == 0 {
		return 0, err
	}
	return t.change(what, `DELETE FROM notices WHERE `+where, args...)
}

// knownState refuses a state that no reader would understand.
func knownState(s services.NoticeState) error {
	switch s {
	case services.NoticePending, services.NoticeSent, services.NoticeSkipped, services.NoticeGivenUp:
		return nil
	}
	return fmt.Errorf("unknown state %q", s)
}

// reopen makes a finished notice a pending one that carries nothing, and
// reports 1 if there was one.
func (t *tx) reopen(id int64) (int64, error) {
	moved, err := t.change("reopen notice", `INSERT INTO notices (`+noticeColumns+`)
		SELECT id, key, '', '', '', '', owner, instance, kind, '', NULL,
			slot, alert, due_at, stale_at, next_at, attempts, remote_id
		FROM finished WHERE id = ?`, id)
	if err != nil || moved == 0 {
		return 0, err
	}
	return t.change("reopen notice", `DELETE FROM finished WHERE id = ?`, id)
}

// SlotMessage asks the finished ones: only they arrived.
func (t *tx) SlotMessage(slot string) (string, error) {
	if slot == "" {
		return "", t.usable()
	}
	return t.text("slot message", `SELECT remote_id FROM finished
		WHERE state = 'sent' AND slot = ? ORDER BY id DESC LIMIT 1`, slot)
}
