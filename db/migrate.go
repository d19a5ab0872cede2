package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/pressly/goose/v3"

	"onionbot/services"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	applicationID = 0x6f6e696f // "onio"; the first migration sets it
	backupSuffix  = ".before-upgrade"
	smallestPage  = 512 // bytes; no database is smaller
)

// check looks at the file through a connection that cannot write. Only what a
// crash left half done in another journal mode needs one that can.
func (s *Store) check(ctx context.Context) error {
	info, err := os.Stat(s.path)
	if err != nil {
		return services.Wrap(services.CodeReadOnlyState, err)
	}
	if size := info.Size(); size > 0 && size < smallestPage { // to SQLite that is an empty file
		return services.Wrap(services.CodeCorruptDatabase, fmt.Errorf("the file has only %d bytes", size))
	}
	err = checkFile(ctx, s.readDB)
	if services.IsCode(err, services.CodeReadOnlyState) {
		err = checkFile(ctx, s.writeDB)
	}
	return err
}

// checkFile refuses a file that is damaged or somebody else's, without
// writing to it.
func checkFile(ctx context.Context, d *sql.DB) error {
	var result string
	if err := d.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&result); err != nil {
		return coded(fmt.Errorf("check database: %w", err))
	}
	if result != "ok" {
		return services.Wrap(services.CodeCorruptDatabase, fmt.Errorf("integrity check: %s", result))
	}
	var app, tables int
	if err := d.QueryRowContext(ctx, "PRAGMA application_id").Scan(&app); err != nil {
		return fmt.Errorf("read application id: %w", err)
	}
	// goose makes its own table in a transaction before the first migration's.
	const foreign = `SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%'`
	if err := d.QueryRowContext(ctx, foreign).Scan(&tables); err != nil {
		return fmt.Errorf("read schema: %w", err)
	}
	if app != applicationID && (app != 0 || tables > 0) {
		return services.Wrap(services.CodeCorruptDatabase, errors.New("the file is another program's database"))
	}
	return nil
}

// migrate brings the tables up to date, with a copy beside the database until
// that is done.
func (s *Store) migrate(ctx context.Context, files fs.FS) error {
	p, err := goose.NewProvider(goose.DialectSQLite3, s.writeDB, files,
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	have, err := schemaVersion(ctx, s.writeDB)
	if err != nil {
		return err
	}
	sources := p.ListSources()
	newest := sources[len(sources)-1].Version
	switch {
	case have > newest:
		return services.E(services.CodeNewerSchema, "have", fmt.Sprint(have), "known", fmt.Sprint(newest))
	case have == newest:
		return removeBackup(s.path) // one may be left by an upgrade that was cut off after its last step
	case have > 0:
		if err := s.backupBefore(ctx, have); err != nil {
			return err
		}
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("upgrade database: %w", err)
	}
	s.log.Info("database schema is up to date", "was", have, "is", newest)
	return removeBackup(s.path)
}

// backupBefore keeps a copy of what is there. It holds keys, so it goes as
// soon as the upgrade is through; after a failed one it is for the operator.
func (s *Store) backupBefore(ctx context.Context, version int64) error {
	path := s.path + backupSuffix
	if err := removeBackup(s.path); err != nil {
		return err
	}
	if err := vacuumInto(ctx, s.writeDB, path); err != nil {
		return err
	}
	s.log.Info("copied the database before the upgrade", "path", path, "version", version)
	return nil
}

func removeBackup(path string) error {
	if err := os.Remove(path + backupSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return services.Wrap(services.CodeReadOnlyState, err)
	}
	return nil
}

// schemaVersion is the newest migration that was applied; 0 for an empty file.
func schemaVersion(ctx context.Context, d *sql.DB) (int64, error) {
	var n int
	err := d.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE name = 'goose_db_version'").Scan(&n)
	if err != nil || n == 0 {
		return 0, err
	}
	var version int64
	err = d.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version").Scan(&version)
	return version, err
}
