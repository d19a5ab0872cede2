package db

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"onionbot/services"
)

// history is what months leave behind: audit, handled messages, sent notices,
// ended instances.
func history(t testing.TB, s *Store, commands int) {
	t.Helper()
	for n := 0; n < commands; {
		err := s.Update(t.Context(), func(tx services.Tx) error {
			for range min(5000, commands-n) {
				n++
				if err := command(tx, fmt.Sprintf("h%011d", n)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// command is what one that has come to its end leaves behind.
func command(tx services.Tx, id string) error {
	if _, err := tx.MarkHandled("telegram", id); err != nil {
		return err
	}
	i := &services.Instance{
		ID: id, Owner: "alice", Service: "site", Desired: services.DesiredGone, State: services.StateGone,
		CreatedAt: time.Now(), EndedAt: time.Now(),
	}
	if err := tx.PutInstance(i); err != nil {
		return err
	}
	if err := tx.EraseInstance(id); err != nil {
		return err
	}
	n := &services.Notice{Key: "gone/" + id, Instance: id, State: services.NoticeSent, DueAt: time.Now()}
	if _, err := tx.AddNotice(n); err != nil {
		return err
	}
	return tx.AddAudit(services.AuditEntry{At: time.Now(), Network: "telegram", Owner: "alice", Action: "start", Instance: id, Outcome: "ok"})
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
	history(t, s, 5000)
	after := scrubbed(t, s)
	info, err := os.Stat(s.path)
	if err != nil {
		t.Fatal(err)
	}
	if after > before+4*4096 || info.Size() < 20*after {
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
