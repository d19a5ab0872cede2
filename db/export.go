package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"

	"onionbot/services"
)

// exportedTables are copied without what is live. What is not named here never
// reaches the copy: keys, addresses, secrets, messages, and codes that would
// work a second time.
var exportedTables = []string{"people", "bindings", "user_keys", "cursors", "handled", "ended", "audit"}

// Export writes a consistent copy of the database at path, whether somebody
// has it open or not, into a new database at to, mode 0600, in a directory that is 0700. With live set, it
// is a copy of everything. Otherwise instances, their keys and secrets,
// messages and codes are left out, and of the settings all but those named.
// A database of a newer version is [services.CodeNewerSchema].
func Export(ctx context.Context, path, to string, live bool, settings ...string) error {
	d, err := sql.Open("sqlite", writerDSN(path))
	if err != nil {
		return fmt.Errorf("back up database: %w", err)
	}
	d.SetMaxOpenConns(1)
	if err := export(ctx, d, to, live, settings); err != nil {
		return errors.Join(coded(err), d.Close())
	}
	return d.Close()
}

func export(ctx context.Context, d *sql.DB, to string, live bool, settings []string) error {
	if err := checkFile(ctx, d); err != nil {
		return err
	}
	if live {
		if err := vacuumInto(ctx, d, to); err != nil {
			return err
		}
	}
	empty, err := Open(ctx, to, Options{}) // the tables of this version, or the copy brought up to it
	if err != nil {
		return err
	}
	known, err := schemaVersion(ctx, empty.readDB)
	if err := errors.Join(err, empty.Close()); err != nil || live {
		return err
	}
	have, err := schemaVersion(ctx, d)
	if err != nil {
		return err
	}
	if have > known {
		return services.E(services.CodeNewerSchema, "have", fmt.Sprint(have), "known", fmt.Sprint(known))
	}
	err = exportTables(ctx, d, to, settings)
	return errors.Join(err, os.Chmod(to, 0o600))
}

// exportTables copies in one transaction, which sees one moment of the source.
func exportTables(ctx context.Context, d *sql.DB, to string, settings []string) (err error) {
	c, err := d.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.ExecContext(ctx, "ATTACH ? AS copy", to); err != nil {
		return err
	}
	defer func() {
		_, derr := c.ExecContext(context.WithoutCancel(ctx), "DETACH copy")
		err = errors.Join(err, derr)
	}()
	if _, err := c.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	end := "COMMIT"
	if err = fillExport(ctx, c, settings); err != nil {
		end = "ROLLBACK"
	}
	_, cerr := c.ExecContext(context.WithoutCancel(ctx), end)
	return errors.Join(err, cerr)
}

func fillExport(ctx context.Context, c *sql.Conn, settings []string) error {
	for _, table := range exportedTables {
		columns, err := columnsOf(ctx, c, table)
		if err != nil {
			return err
		}
		if columns == "" { // the source is of a version that had no such table
			continue
		}
		if _, err := c.ExecContext(ctx, "INSERT INTO copy."+table+" ("+columns+") SELECT "+columns+" FROM main."+table); err != nil { //nolint:gosec // names of our own
			return fmt.Errorf("copy %s: %w", table, err)
		}
	}
	for _, name := range settings {
		if _, err := c.ExecContext(ctx, "INSERT INTO copy.settings SELECT * FROM main.settings WHERE name = ?", name); err != nil {
			return fmt.Errorf("copy settings: %w", err)
		}
	}
	return nil
}

// columnsOf are the columns that both sides have.
func columnsOf(ctx context.Context, c *sql.Conn, table string) (string, error) {
	rows, err := c.QueryContext(ctx, "SELECT name FROM pragma_table_info(?1, 'main') INTERSECT SELECT name FROM pragma_table_info(?1, 'copy')", table)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return "", err
		}
		names = append(names, name)
	}
	return strings.Join(names, ", "), rows.Err()
}
