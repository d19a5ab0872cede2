package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"onionbot/services"
)

// Backup writes a consistent copy of the database to path, which must not
// exist. The copy is 0600; it holds the keys of everything that runs.
func (s *Store) Backup(ctx context.Context, path string) error {
	select {
	case <-s.writer.closed:
		return errClosed
	default:
	}
	// A connection of its own: it only reads here, so writers need not wait,
	// but SQLite does not allow it to one that is read-only.
	d, err := sql.Open("sqlite", writerDSN(s.path))
	if err != nil {
		return fmt.Errorf("back up database: %w", err)
	}
	return errors.Join(vacuumInto(ctx, d, path), d.Close())
}

func vacuumInto(ctx context.Context, d *sql.DB, path string) error {
	// SQLite writes into an empty file, so the mode is right from the first byte.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("back up database: %w", err)
		}
		return services.Wrap(services.CodeReadOnlyState, fmt.Errorf("back up database: %w", err))
	}
	if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil {
		return services.Wrap(services.CodeReadOnlyState, fmt.Errorf("back up database: %w", err))
	}
	if _, err := d.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return errors.Join(coded(fmt.Errorf("back up database: %w", err)), os.Remove(path))
	}
	return nil
}
