package db

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"onionbot/services"
)

func TestAnExportOfTheFirstReleasesDatabaseIsUpToDate(t *testing.T) {
	script, err := os.ReadFile("testdata/v1.sql")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	chmod(t, dir, 0o700)
	path := filepath.Join(dir, "s", "onionbot.db")
	raw(t, path, string(script))
	for _, live := range []bool{false, true} {
		to := filepath.Join(dir, fmt.Sprint(live), "copy.db")
		if err := os.Mkdir(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := Export(t.Context(), path, to, live, "salt"); err != nil {
			t.Fatal(err)
		}
		wantMode(t, to, 0o600)
		if left, _ := os.ReadDir(filepath.Dir(to)); len(left) != 1 {
			t.Errorf("beside the copy are %v", left)
		}
		data, err := os.ReadFile(to)
		if err != nil || bytes.Contains(data, []byte("ED25519-V3:key")) != live {
			t.Errorf("live: %v, but the key, %v", live, err)
		}
		err = mustOpen(t, to, released(t)).View(t.Context(), func(tx services.Tx) error {
			cursor, err := tx.Cursor("telegram")
			salt, serr := tx.Setting("salt")
			audit, aerr := tx.Audit(9)
			if cursor != "812" || salt != "c2FsdA" || len(audit) != 1 || err != nil || serr != nil || aerr != nil {
				t.Errorf("copied: %q %q %d, %v %v %v", cursor, salt, len(audit), err, serr, aerr)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestANewerDatabaseIsNotExported(t *testing.T) {
	dir := t.TempDir()
	chmod(t, dir, 0o700)
	path := filepath.Join(dir, "s", "onionbot.db")
	shut(t, mustOpen(t, path, released(t)))
	raw(t, path, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)")
	for _, live := range []bool{false, true} {
		err := Export(t.Context(), path, filepath.Join(dir, fmt.Sprint(live)), live)
		if !services.IsCode(err, services.CodeNewerSchema) {
			t.Errorf("live: %v: %v", live, err)
		}
	}
}

// A writer changes two settings together; no copy has one without the other.
func TestAnExportIsOneMoment(t *testing.T) {
	dir := t.TempDir()
	chmod(t, dir, 0o700)
	s := mustOpen(t, filepath.Join(dir, "s", "onionbot.db"), released(t))
	stop, ended := make(chan struct{}), make(chan error, 1)
	both := func(n int) error {
		return s.Update(t.Context(), func(tx services.Tx) error {
			if err := tx.SetSetting("a", fmt.Sprint(n)); err != nil {
				return err
			}
			return tx.SetSetting("b", fmt.Sprint(n))
		})
	}
	if err := both(0); err != nil {
		t.Fatal(err)
	}
	go func() {
		var err error
		for n := 1; err == nil; n++ {
			select {
			case <-stop:
				ended <- nil
				return
			default:
				err = both(n)
			}
		}
		ended <- err
	}()
	for n := range 5 {
		to := filepath.Join(dir, fmt.Sprint(n))
		if err := Export(t.Context(), s.path, to, n%2 == 1, "a", "b"); err != nil {
			t.Error(err)
			continue
		}
		d, err := sql.Open("sqlite", readerDSN(to))
		if err != nil {
			t.Fatal(err)
		}
		var different int
		err = d.QueryRowContext(t.Context(), "SELECT count(DISTINCT value) FROM settings WHERE name IN ('a', 'b')").Scan(&different)
		if err != nil || different != 1 {
			t.Errorf("copy %d has %d values, %v", n, different, err)
		}
		_ = d.Close()
	}
	close(stop)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
