package db

import (
	"database/sql"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"onionbot/services"
)

var updateGolden = flag.Bool("update", false, "rewrite schema.sql")

func TestMigrationsMakeTheCommittedSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s", "onionbot.db")
	s := mustOpen(t, path, released(t))
	got := schema(t, s.readDB)
	if *updateGolden {
		if err := os.WriteFile("schema.sql", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("schema.sql is not what the migrations make; look, then run with -update (-file +made):\n%s", diff)
	}
}

// testdata/v1.sql is a database as the first release wrote it. It is never
// changed: whatever it was written by must be readable for ever.
func TestFirstReleasesDatabaseIsUpgraded(t *testing.T) {
	script, err := os.ReadFile("testdata/v1.sql")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "s", "onionbot.db")
	raw(t, path, string(script))
	s := mustOpen(t, path, released(t))
	err = s.View(t.Context(), func(tx services.Tx) error {
		i, err := tx.Instance("abcdefghijkl")
		if err != nil {
			return err
		}
		if i.Onion.Key.Reveal() != "ED25519-V3:key" || !i.Live() || i.ExpiresAt.UnixMilli() != 1893459600000 {
			t.Errorf("instance was read as %+v", i)
		}
		n, err := tx.PendingNotices(i.ID)
		if err != nil || len(n) != 1 || n[0].Args["left"] != "15m0s" {
			t.Errorf("notices were read as %+v, %v", n, err)
		}
		cursor, err := tx.Cursor("telegram")
		if cursor != "812" {
			t.Errorf("cursor is %q", cursor)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(schema(t, mustOpen(t, path+"2", released(t)).readDB), schema(t, s.readDB)); diff != "" {
		t.Errorf("an upgraded database differs from a new one (-new +upgraded):\n%s", diff)
	}
}

func TestUpgradeKeepsACopyUntilItIsThrough(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s", "onionbot.db")
	s := mustOpen(t, path, released(t))
	err := s.Update(t.Context(), func(tx services.Tx) error { return tx.SetSetting("salt", "x") })
	if err != nil {
		t.Fatal(err)
	}
	shut(t, s)
	copied := path + backupSuffix

	if _, err := open(t.Context(), path, Options{}, withNext(t, "CREATE TABLE more (id INTEGER); SELECT nonsense;")); err == nil {
		t.Fatal("a failing migration was accepted")
	}
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("after a failed upgrade the copy is %v, %v", info, err)
	}
	s = mustOpen(t, path, withNext(t, "CREATE TABLE more (id INTEGER);"))
	if _, err := os.Stat(copied); !os.IsNotExist(err) {
		t.Errorf("after the upgrade the copy is still there: %v", err)
	}
	if !strings.Contains(schema(t, s.readDB), "CREATE TABLE more") {
		t.Error("the upgrade was not made")
	}
	shut(t, s)

	_, err = open(t.Context(), path, Options{}, released(t))
	if !services.IsCode(err, services.CodeNewerSchema) {
		t.Errorf("a database of a newer version gave %v", err)
	}
}

// withNext is the released migrations and one more.
func withNext(t *testing.T, up string) fs.FS {
	t.Helper()
	files := fstest.MapFS{"00999_next.sql": {Data: []byte("-- +goose Up\n" + up)}}
	names, err := fs.Glob(released(t), "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(released(t), name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: data}
	}
	return files
}

func released(t *testing.T) fs.FS {
	t.Helper()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func mustOpen(t *testing.T, path string, files fs.FS) *Store {
	t.Helper()
	s, err := open(t.Context(), path, Options{}, files)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, s) })
	return s
}

func shut(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// schema is every statement that makes up the tables, in order of their names.
func schema(t *testing.T, d *sql.DB) string {
	t.Helper()
	var app int
	if err := d.QueryRowContext(t.Context(), "PRAGMA application_id").Scan(&app); err != nil {
		t.Fatal(err)
	}
	found, err := d.QueryContext(t.Context(), `SELECT sql FROM sqlite_schema
		WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'goose%' ORDER BY tbl_name, type DESC, name`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = found.Close() }()
	out := fmt.Sprintf("-- What the migrations add up to. Written by the tests; do not edit.\n\nPRAGMA application_id = %d;\n", app)
	for found.Next() {
		var text string
		if err := found.Scan(&text); err != nil {
			t.Fatal(err)
		}
		out += "\n" + text + ";\n"
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// raw runs a script on a file that need not be ours.
func raw(t *testing.T, path, script string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	d, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	if _, err := d.ExecContext(t.Context(), script); err != nil {
		t.Fatal(err)
	}
}
