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
	case <-s.closed:
		return errClosed
	default:
	}
	return vacuumInto(ctx, s.readDB, path)
}

func vacuumInto(ctx context.Context, d *sql.DB, path string) error {
	// SQLite writes into an empty file, so the mode is right from the first byte.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // the operator's path
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
