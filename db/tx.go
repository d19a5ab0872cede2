package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"onionbot/services"
)

// tx is one transaction.
type tx struct {
	ctx      context.Context
	conn     *conn
	now      func() time.Time
	writable bool
	ended    bool
	broken   error // the fault after which nothing of this transaction counts
}

var _ services.Tx = (*tx)(nil)

var (
	errReadOnly = errors.New("write in a read-only transaction")
	errEnded    = errors.New("the transaction has ended")
)

// usable reports why nothing more can be done here, if so.
func (t *tx) usable() error {
	switch {
	case t.ended:
		return errEnded
	case t.broken != nil:
		return t.broken
	}
	return t.ctx.Err()
}

// change runs a writing statement and returns how many rows it changed.
func (t *tx) change(what, query string, args ...any) (int64, error) {
	if err := t.usable(); err != nil {
		return 0, err
	}
	if !t.writable {
		return 0, errReadOnly
	}
	n, err := t.conn.change(query, args...)
	return n, t.failed(what, err)
}

// insert runs a statement that adds at most one row, and returns how many it
// added and the row's ID.
func (t *tx) insert(what, query string, args ...any) (added, id int64, err error) {
	if err := t.usable(); err != nil {
		return 0, 0, err
	}
	if !t.writable {
		return 0, 0, errReadOnly
	}
	res, err := t.conn.run(query, args...)
	if err == nil {
		added, err = res.RowsAffected()
	}
	if err == nil {
		id, err = res.LastInsertId()
	}
	return added, id, t.failed(what, err)
}

// get scans the one row of a query. None is [services.CodeNotFound].
func (t *tx) get(what, query string, args []any, dest ...any) error {
	if err := t.usable(); err != nil {
		return err
	}
	row, err := t.conn.queryRow(query, args...)
	if err == nil {
		err = row.Scan(dest...)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return services.E(services.CodeNotFound)
	}
	return t.failed(what, err)
}

// text is the one string of a query; "" if there is no row.
func (t *tx) text(what, query string, args ...any) (string, error) {
	var s string
	err := t.get(what, query, args, &s)
	if services.IsCode(err, services.CodeNotFound) {
		err = nil
	}
	return s, err
}

// failed gives an error its code and remembers one that ended the transaction.
func (t *tx) failed(what string, err error) error {
	if err == nil {
		return nil
	}
	out := coded(fmt.Errorf("%s: %w", what, err))
	if breaks(err) {
		t.broken = out
	}
	return out
}

// rows collects what a query finds.
func rows[T any](t *tx, what, query string, scan func(scanner) (T, error), args ...any) ([]T, error) {
	if err := t.usable(); err != nil {
		return nil, err
	}
	found, err := t.conn.query(query, args...)
	if err != nil {
		return nil, t.failed(what, err)
	}
	defer func() { _ = found.Close() }()
	var out []T
	for found.Next() {
		v, err := scan(found)
		if err != nil {
			return nil, t.failed(what, err)
		}
		out = append(out, v)
	}
	return out, t.failed(what, found.Err())
}

// scanner is what a row can be read from.
type scanner interface{ Scan(dest ...any) error }

// millis is how a moment is stored: unix milliseconds, 0 for none.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
