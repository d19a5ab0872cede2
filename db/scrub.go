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

// Scrub moves everything from the write-ahead log into the file and empties
// the log. It tries until no reader is left that still needs the log, or ctx
// ends.
func (s *Store) Scrub(ctx context.Context) error {
	rebuilt := false
	for {
		done, err := s.scrubOnce(ctx, &rebuilt)
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

func (s *Store) scrubOnce(ctx context.Context, rebuilt *bool) (bool, error) {
	c, err := s.writer.exclusive(ctx)
	if err != nil {
		return false, err
	}
	defer s.writer.leave()
	if !*rebuilt {
		// When pages are balanced, SQLite leaves copies of moved rows between
		// the live ones, which secure_delete does not see.
		if err := c.exec("VACUUM"); err != nil {
			_, cerr := c.checkpoint(scrubWait) // as far as it goes
			return false, errors.Join(coded(fmt.Errorf("rebuild database: %w", err)), cerr)
		}
		*rebuilt = true
	}
	return c.checkpoint(scrubWait)
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
