package db

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"onionbot/services"
)

func TestFilesAreForUsAloneWhateverTheUmask(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	dir := filepath.Join(t.TempDir(), "a", "state")
	path := filepath.Join(dir, "onionbot.db")
	s := mustOpen(t, path, released(t))
	fill(t, s, 1)
	if err := s.Backup(t.Context(), filepath.Join(dir, "copy")); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal", "-shm", "/../copy"} {
		wantMode(t, filepath.Clean(path+suffix), 0o600)
	}
	wantMode(t, dir, 0o700)
}

func TestWiderModesAreNarrowed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	path := filepath.Join(dir, "onionbot.db")
	shut(t, mustOpen(t, path, released(t)))
	chmod(t, path, 0o644)
	chmod(t, dir, 0o755)
	mustOpen(t, path, released(t))
	wantMode(t, path, 0o600)
	wantMode(t, dir, 0o700)
}

func TestForeignDirectoryIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	chmod(t, dir, 0o755)
	if err := os.WriteFile(filepath.Join(dir, "somebody-elses"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	release, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	refused(t, filepath.Join(dir, "onionbot.db"), services.CodeReadOnlyState)
	wantMode(t, dir, 0o755)
}

func TestUnreadableFilesAreRefusedAndNeverChanged(t *testing.T) {
	tests := map[string]struct {
		spoil func(t *testing.T, path string)
		want  services.Code
	}{
		"garbage": {func(t *testing.T, path string) {
			write(t, path, bytes.Repeat([]byte("not a database. "), 1000))
		}, services.CodeCorruptDatabase},
		"shorter than a header": {func(t *testing.T, path string) { write(t, path, []byte("x")) }, services.CodeCorruptDatabase},
		"damaged pages": {func(t *testing.T, path string) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			write(t, path, append(b[:4096:4096], bytes.Repeat([]byte{0xa5}, len(b)-4096)...))
		}, services.CodeCorruptDatabase},
		"cut off": {func(t *testing.T, path string) {
			if err := os.Truncate(path, 3*4096); err != nil {
				t.Fatal(err)
			}
		}, services.CodeCorruptDatabase},
		"another program's": {func(t *testing.T, path string) {
			_ = os.Remove(path)
			raw(t, path, "CREATE TABLE cookies (id INTEGER)")
		}, services.CodeCorruptDatabase},
		"a newer version's": {func(t *testing.T, path string) {
			raw(t, path, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (424242, 1)")
		}, services.CodeNewerSchema},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "s", "onionbot.db")
			s := mustOpen(t, path, released(t))
			fill(t, s, 100)
			shut(t, s)
			tt.spoil(t, path)
			before := read(t, path)
			refused(t, path, tt.want)
			if !bytes.Equal(before, read(t, path)) {
				t.Error("the file was changed")
			}
		})
	}
}

func TestUnwritablePlacesAreRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, nil)
	directory := filepath.Join(t.TempDir(), "s", "onionbot.db")
	if err := os.MkdirAll(directory, 0o700); err != nil {
		t.Fatal(err)
	}
	chmod(t, filepath.Dir(directory), 0o700)
	for name, path := range map[string]string{
		"parent is a file":      filepath.Join(file, "onionbot.db"),
		"no file system for it": "/proc/onionbot/onionbot.db",
		"name is a directory":   directory,
	} {
		t.Run(name, func(t *testing.T) { refused(t, path, services.CodeReadOnlyState) })
	}
}

func TestFullDiskIsSaidAndSurvived(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "s", "onionbot.db"), released(t))
	fill(t, s, 10)
	maxPages(t, s, 1) // becomes the size there is
	big := services.Incoming{Network: "n", ID: "big", Raw: make([]byte, 1<<20)}
	err := s.Update(t.Context(), func(tx services.Tx) error {
		if _, err := tx.AddIncoming(big); !services.IsCode(err, services.CodeReadOnlyState) {
			t.Errorf("AddIncoming on a full disk gave %v", err)
		}
		// Whoever overlooks the error must not write outside the transaction.
		_ = tx.SetSetting("after", "1")
		return nil
	})
	if !services.IsCode(err, services.CodeReadOnlyState) {
		t.Errorf("Update on a full disk gave %v", err)
	}
	maxPages(t, s, 1<<30)
	err = s.Update(t.Context(), func(tx services.Tx) error {
		after, err := tx.Setting("after")
		if err != nil || after != "" {
			t.Errorf("after the fault the setting is %q, %v", after, err)
		}
		fresh, err := tx.AddIncoming(big)
		if !fresh {
			t.Error("the message of the failed transaction is there")
		}
		return err
	})
	if err != nil {
		t.Errorf("Update after the disk has room again gave %v", err)
	}
}

// maxPages makes the disk full, or wide again.
func maxPages(t *testing.T, s *Store, pages int) {
	t.Helper()
	c, err := s.writer.exclusive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.writer.leave()
	row, err := c.queryRow(fmt.Sprintf("PRAGMA max_page_count = %d", pages))
	if err != nil {
		t.Fatal(err)
	}
	if err := row.Scan(new(int)); err != nil {
		t.Fatal(err)
	}
}

// What the files hold when Update has returned is what a crash leaves.
func TestWhatWasCommittedSurvivesACrash(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	s := mustOpen(t, filepath.Join(dir, "onionbot.db"), released(t))
	fill(t, s, 7)
	after := filepath.Join(t.TempDir(), "s")
	if err := os.CopyFS(after, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	err := mustOpen(t, filepath.Join(after, "onionbot.db"), released(t)).View(t.Context(), func(tx services.Tx) error {
		found, err := tx.Instances(services.InstanceFilter{})
		if len(found) != 7 {
			t.Errorf("%d instances are left", len(found))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestBackupIsACompleteDatabase(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, filepath.Join(dir, "s", "onionbot.db"), released(t))
	fill(t, s, 5)
	path := filepath.Join(dir, "b", "copy.db")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), path); err == nil {
		t.Error("a backup was overwritten")
	}
	err := mustOpen(t, path, released(t)).View(t.Context(), func(tx services.Tx) error {
		found, err := tx.Instances(services.InstanceFilter{})
		if len(found) != 5 {
			t.Errorf("the backup has %d instances", len(found))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func fill(t *testing.T, s *Store, count int) {
	t.Helper()
	err := s.Update(t.Context(), func(tx services.Tx) error {
		for n := range count {
			i := &services.Instance{ID: fmt.Sprint(n), Desired: services.DesiredWarm, State: services.StateStarting}
			if err := tx.PutInstance(i); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, path string, want services.Code) {
	t.Helper()
	s, err := open(t.Context(), path, Options{}, released(t))
	if err == nil {
		shut(t, s)
	}
	if !services.IsCode(err, want) {
		t.Errorf("Open gave %v, want code %s", err, want)
	}
}

func wantMode(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != want {
		t.Errorf("%s has mode %04o, want %04o", filepath.Base(path), got, want)
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
