package db

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// scrubWait is how long one attempt waits for readers while nobody can write.
	scrubWait = 100 * time.Millisecond
	// scrubPause lets writers in between two attempts.
	scrubPause = 10 * time.Millisecond
)

// secretTables are those whose rows have to be unreadable once they are
// erased. They hold what is live and no more; what grows is in other tables,
// which never had any of it.
var secretTables = []string{"instances", "notices", "incoming", "cursors", "settings", "invites", "user_keys", "shares"}

// Scrub writes the tables anew that hold secrets, moves everything from the
// write-ahead log into the file and empties the log. It tries until no reader
// is left that still needs the log, or ctx ends.
func (s *Store) Scrub(ctx context.Context) error {
	rewritten := false
	for {
		done, err := s.scrubOnce(ctx, &rewritten)
		if err != nil || done {
			return err
		}
		select {
		case <-time.After(scrubPause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Store) scrubOnce(ctx context.Context, rewritten *bool) (bool, error) {
	c, err := s.writer.exclusive(ctx)
	if err != nil {
		return false, err
	}
	defer s.writer.leave()
	if !*rewritten {
		if err := c.rewriteSecrets(); err != nil {
			_, cerr := c.checkpoint(scrubWait) // as far as it goes
			return false, errors.Join(coded(fmt.Errorf("rewrite tables: %w", err)), cerr)
		}
		*rewritten = true
	}
	return c.checkpoint(scrubWait)
}

// rewriteSecrets empties each table that holds secrets and fills it again.
// When pages are balanced, SQLite leaves copies of moved rows between the live
// ones, where secure_delete does not see them. They stay within the pages of
// their table, and emptying a table zeroes all its pages.
func (c *conn) rewriteSecrets() (err error) {
	if err := c.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.exec("ROLLBACK"))
		}
	}()
	for _, table := range secretTables {
		if err := c.rewrite(table); err != nil {
			return err
		}
	}
	return c.exec("COMMIT")
}

func (c *conn) rewrite(table string) error {
	for _, query := range []string{
		"CREATE TEMP TABLE rewritten AS SELECT * FROM main." + table,
		"DELETE FROM main." + table, // without WHERE: page by page
		"INSERT INTO main." + table + " SELECT * FROM temp.rewritten",
		"DROP TABLE temp.rewritten",
	} {
		if _, err := c.c.ExecContext(context.Background(), query); err != nil {
			return err
		}
	}
	return nil
}

// checkpoint empties the write-ahead log; false if a reader was in the way.
func (c *conn) checkpoint(wait time.Duration) (bool, error) {
	if err := c.setBusyTimeout(fmt.Sprint(wait.Milliseconds())); err != nil {
		return false, err
	}
	row, err := c.queryRow("PRAGMA wal_checkpoint(TRUNCATE)")
	if err != nil {
		return false, coded(err)
	}
	var busy, frames, moved int
	if err := row.Scan(&busy, &frames, &moved); err != nil {
		return false, coded(fmt.Errorf("empty the log: %w", err))
	}
	return busy == 0, c.setBusyTimeout(busyTimeout)
}

func (c *conn) setBusyTimeout(ms string) error {
	row, err := c.queryRow("PRAGMA busy_timeout = " + ms)
	if err != nil {
		return coded(err)
	}
	var got int
	return coded(row.Scan(&got))
}
