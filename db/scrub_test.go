package db

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"onionbot/services"
)

// history is what months of commands that have come to their end leave behind:
// audit, handled messages, sent notices, ended instances.
func history(t testing.TB, s *Store, commands int) {
	t.Helper()
	c, err := s.writer.exclusive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.writer.leave()
	const counted = `WITH RECURSIVE past(n) AS (SELECT 1 WHERE ?1 > 0 UNION ALL SELECT n + 1 FROM past WHERE n < ?1) `
	for _, query := range []string{
		`INSERT INTO audit (at, network, account, owner, action, instance, outcome, detail)
			SELECT n, 'telegram', '4711', 'alice', 'start', 'h' || n, 'ok', '' FROM past`,
		`INSERT INTO handled SELECT 'telegram', 'h' || n, n FROM past`,
		`INSERT INTO ended SELECT 'h' || n, 'alice', 'site', 'stopped', n, n, n, n, n, n FROM past`,
		`INSERT INTO finished SELECT n, 'gone/h' || n, 'alice', 'h' || n, 'gone', 'end/h' || n, 1, n, 0, 0, 1, 'sent', n FROM past`,
	} {
		if err := c.exec(counted+query, commands); err != nil {
			t.Fatal(err)
		}
	}
}

// scrubbed is how many bytes a scrub writes.
func scrubbed(t *testing.T, s *Store) int64 {
	t.Helper()
	if err := s.Scrub(t.Context()); err != nil { // an empty log
		t.Fatal(err)
	}
	c, err := s.writer.exclusive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.writer.leave()
	if err := c.rewriteSecrets(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(s.path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func TestScrubWritesNoMoreAfterMonths(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "s", "onionbot.db"), released(t))
	fill(t, s, 20)
	before := scrubbed(t, s)
	history(t, s, 2000)
	after := scrubbed(t, s)
	info, err := os.Stat(s.path)
	if err != nil {
		t.Fatal(err)
	}
	if after > before+4*4096 || info.Size() < 8*after {
		t.Errorf("a scrub writes %d bytes beside nothing and %d in a file of %d", before, after, info.Size())
	}
}

// A scrub that the disk has no room for fails, keeps every row, and can be
// repeated.
func TestScrubOnAFullDiskFailsAndLosesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m,mode=0700"); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	s := mustOpen(t, filepath.Join(dir, "onionbot.db"), released(t))
	fill(t, s, 500)
	if err := s.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	ballast := filepath.Join(dir, "ballast")
	_ = os.WriteFile(ballast, make([]byte, 4<<20), 0o600) // as far as it goes
	if err := s.Scrub(t.Context()); !services.IsCode(err, services.CodeReadOnlyState) {
		t.Errorf("a scrub on a full disk gave %v", err)
	}
	if got := rowsOf(t, s); got != 500 {
		t.Errorf("%d instances are left", got)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if err := s.Scrub(t.Context()); err != nil {
		t.Errorf("with room again a scrub gave %v", err)
	}
	if got := rowsOf(t, s); got != 500 {
		t.Errorf("%d instances are left", got)
	}
}

// What a scrub has done before its end is in the files already when there is
// no memory left for it; a crash then must leave what was there before.
func TestACrashWithinAScrubLosesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	s := mustOpen(t, filepath.Join(dir, "onionbot.db"), released(t))
	fill(t, s, 800)
	c, err := s.writer.exclusive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.writer.leave()
	emptied, err := os.Stat(s.path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{"PRAGMA cache_size = 10", "BEGIN IMMEDIATE"} {
		if _, err := c.c.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range secretTables {
		if err := c.rewrite(table); err != nil {
			t.Fatal(err)
		}
	}
	if spilled, err := os.Stat(s.path + "-wal"); err != nil || spilled.Size() <= emptied.Size() {
		t.Errorf("the test is blind: the log did not grow (%v)", err)
	}
	after := filepath.Join(t.TempDir(), "s")
	if err := os.CopyFS(after, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := c.exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if got := rowsOf(t, mustOpen(t, filepath.Join(after, "onionbot.db"), released(t))); got != 800 {
		t.Errorf("%d instances are left", got)
	}
}

func rowsOf(t *testing.T, s *Store) (n int) {
	t.Helper()
	err := s.View(t.Context(), func(tx services.Tx) (err error) {
		n, err = tx.CountInstances(services.InstanceFilter{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
