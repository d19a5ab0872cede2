package backup_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"onionbot/backup"
)

func pair(t *testing.T) (age.Recipient, []age.Identity) {
	t.Helper()
	own, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	to, err := backup.ForKey(own.Recipient().String())
	if err != nil {
		t.Fatal(err)
	}
	with, err := backup.WithKeys(strings.NewReader("# created: today\n" + own.String() + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return to, with
}

func wrote(t *testing.T, to age.Recipient, files map[string]string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "b")
	err := backup.Write(t.Context(), path, to, func(a *backup.Archive) error {
		for name, content := range files {
			if err := a.AddBytes(name, []byte(content)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestABackupComesBackAndIsUnreadableMeanwhile(t *testing.T) {
	to, with := pair(t)
	tree := t.TempDir()
	if err := errors.Join(os.MkdirAll(filepath.Join(tree, "x"), 0o755), os.WriteFile(filepath.Join(tree, "x", "run"), []byte("#!"), 0o755)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "b")
	err := backup.Write(t.Context(), path, to, func(a *backup.Archive) error {
		return errors.Join(a.AddBytes("plain", []byte("words in the clear")), a.AddTree("tree", tree), a.AddTree("none", tree+"/none"))
	})
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := os.ReadFile(path)
	if err != nil || bytes.Contains(sealed, []byte("words")) || bytes.Contains(sealed, []byte("plain")) {
		t.Errorf("the file shows what is in it, %v", err)
	}
	dir := t.TempDir()
	if err := backup.Extract(t.Context(), path, with, dir); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{"plain": 0o600, "tree": 0o700, "tree/x": 0o700, "tree/x/run": 0o700} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup: %v, %v", info, err)
	}
}

func TestAnotherKeyAndADamagedFileAreTold(t *testing.T) {
	to, with := pair(t)
	_, others := pair(t)
	path := wrote(t, to, map[string]string{"a": strings.Repeat("x", 200_000)})
	if err := backup.Extract(t.Context(), path, others, t.TempDir()); !errors.Is(err, backup.ErrWrongKey) {
		t.Errorf("another key: %v", err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(whole)
	changed[len(changed)-1] ^= 1
	for name, data := range map[string][]byte{"cut": whole[:len(whole)-70_000], "changed": changed, "empty": nil, "other": []byte("hello")} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := backup.Extract(t.Context(), path, with, t.TempDir()); !errors.Is(err, backup.ErrNotABackup) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whoever knows the public key can make a file that opens.
func TestAForgedBackupWritesNothingOutside(t *testing.T) {
	to, with := pair(t)
	for _, name := range []string{"../out", "/tmp/out", "a/../../out"} {
		dir := filepath.Join(t.TempDir(), "in")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := backup.Extract(t.Context(), wrote(t, to, map[string]string{name: "x"}), with, dir); !errors.Is(err, backup.ErrNotABackup) {
			t.Errorf("%s: %v", name, err)
		}
	}
	path := filepath.Join(t.TempDir(), "link")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := age.Encrypt(f, to)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(sealed)
	err = w.WriteHeader(&tar.Header{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "/etc"})
	if err := errors.Join(err, w.Close(), sealed.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	if err := backup.Extract(t.Context(), path, with, t.TempDir()); !errors.Is(err, backup.ErrNotABackup) {
		t.Errorf("a link: %v", err)
	}
}

func TestAFailedBackupLeavesNoFileAndNeverReplacesOne(t *testing.T) {
	to, _ := pair(t)
	path := filepath.Join(t.TempDir(), "b")
	err := backup.Write(t.Context(), path, to, func(a *backup.Archive) error {
		return errors.Join(a.AddBytes("a", nil), io.ErrUnexpectedEOF)
	})
	left, _ := os.ReadDir(filepath.Dir(path))
	if err == nil || len(left) != 0 {
		t.Errorf("%v; %v is left", err, left)
	}
	path = wrote(t, to, nil)
	before, _ := os.ReadFile(path)
	err = backup.Write(t.Context(), path, to, func(*backup.Archive) error { return nil })
	after, _ := os.ReadFile(path)
	if !errors.Is(err, os.ErrExist) || !bytes.Equal(before, after) {
		t.Errorf("a backup was written over: %v", err)
	}
}

func TestKeysInTheWrongPlaceAreNotRepeated(t *testing.T) {
	own, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	_, secret := backup.ForKey(own.String())
	_, nonsense := backup.ForKey("age1nonsense")
	_, public := backup.WithKeys(strings.NewReader(own.Recipient().String()))
	for want, got := range map[error]error{backup.ErrSecretKey: secret, backup.ErrNotARecipient: nonsense, backup.ErrNoIdentity: public} {
		if !errors.Is(got, want) || strings.Contains(got.Error(), "1") {
			t.Errorf("%v, not %v", got, want)
		}
	}
}
