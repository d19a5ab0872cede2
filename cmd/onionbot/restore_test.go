package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"onionbot/backup"
	"onionbot/services"
)

func TestARestoredBotKnowsItsUsersAndRunsNothing(t *testing.T) {
	h := busy(t)
	public, secret := h.keys()
	file := filepath.Join(h.dir, "b.age")
	h.says(0, "backup", "--to", public, file)
	to := newHome(t, true)
	to.says(0, "restore", file, "--identity", secret)
	err := to.bot().View(t.Context(), func(tx services.Tx) error {
		all, err := tx.Instances(services.InstanceFilter{})
		if err != nil || len(all) != 0 {
			t.Errorf("%d services, %v", len(all), err)
		}
		bound, err := tx.Bindings()
		if err != nil || len(bound) != 1 || bound[0].User != "ana" || bound[0].Account != "4711" {
			t.Errorf("accounts: %+v, %v", bound, err)
		}
		name, err := tx.Setting("installation")
		if name != "kept" {
			t.Errorf("the installation is %q", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestARestoreThatWouldHarmIsRefused(t *testing.T) {
	h := busy(t)
	public, secret := h.keys()
	file := filepath.Join(h.dir, "b.age")
	h.says(0, "backup", "--to", public, file)
	before, _ := os.ReadFile(h.config)

	refused := func(to home, file, want string) {
		t.Helper()
		if said := to.says(1, "restore", file, "--identity", secret); !strings.Contains(said, want) {
			t.Errorf("said %q, not %q", said, want)
		}
	}
	refused(h, file, "another onionbot is running")

	full := newHome(t, true)
	full.write("state/onionbot.db", "something")
	refused(full, file, "not empty (onionbot.db is in it)")
	if data, _ := os.ReadFile(full.state("onionbot.db")); string(data) != "something" {
		t.Errorf("the database became %q", data)
	}

	cut := h.write("cut.age", "")
	data, _ := os.ReadFile(file)
	if err := os.WriteFile(cut, data[:len(data)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	to := newHome(t, true)
	refused(to, cut, "damaged, cut off")
	if left, _ := os.ReadDir(to.state("")); len(left) != 1 || left[0].Name() != "lock" {
		t.Errorf("in the state directory are %v", left)
	}
	to.says(0, "restore", file, "--identity", secret)

	if after, _ := os.ReadFile(h.config); string(after) != string(before) {
		t.Error("a configuration was changed")
	}
}

// sealed is a backup of that database, as another version might have made it.
func (h home) sealed(public, database string) string {
	h.t.Helper()
	to, err := backup.ForKey(public)
	if err != nil {
		h.t.Fatal(err)
	}
	file := filepath.Join(h.dir, "sealed.age")
	err = backup.Write(h.t.Context(), file, to, func(a *backup.Archive) error {
		if err := a.AddFile("config.toml", h.config); err != nil {
			return err
		}
		return a.AddFile("state/onionbot.db", database)
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return file
}

func TestABackupThatIsNoDatabaseIsRefused(t *testing.T) {
	h := newHome(t, true)
	public, secret := h.keys()
	file := h.sealed(public, h.write("junk", strings.Repeat("no database ", 100)))
	if said := h.says(1, "restore", file, "--identity", secret); !strings.Contains(said, "no backup of onionbot") {
		t.Errorf("said %q", said)
	}
	if exists(h.state("onionbot.db")) {
		t.Error("it was put in place")
	}
}

func TestSecretsOfABackupDoNotComeFromTheCommandLine(t *testing.T) {
	h := busy(t)
	_, secret := h.keys()
	key, _ := os.ReadFile(secret)
	file := filepath.Join(h.dir, "b.age")
	open := h.write("open", "correct horse battery staple")
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"belongs in a file":         {"--to", strings.TrimSpace(string(key))},
		"others may read":           {"--passphrase-file", open},
		"too short":                 {"--passphrase-file", h.write("short", "1234\n")},
		"no terminal":               {},
		"unknown flag --passphrase": {"--passphrase=x"},
	} {
		code := 1
		if strings.HasPrefix(want, "unknown") {
			code = 2
		}
		said := h.says(code, append([]string{"backup", file}, args...)...)
		if !strings.Contains(said, want) || strings.Contains(said, strings.TrimSpace(string(key))) {
			t.Errorf("%v: said %q", want, said)
		}
	}
	if exists(file) {
		t.Error("a backup was written")
	}
}

func TestTheCopyOfABackupThatWasKilledEndsWithTheNextStart(t *testing.T) {
	h := newHome(t, true)
	left := h.write("state/backup/work/onionbot.db", "keys")
	m := &machine{cfg: &config{StateDir: h.state(""), RunDir: filepath.Join(h.dir, "run")}, log: slog.New(slog.DiscardHandler)}
	t.Cleanup(m.close)
	_, end, err := backupWork(h.state(""))
	if err != nil {
		t.Fatal(err)
	}
	working := h.write("state/backup/work/onionbot.db", "of one at work")
	if err := sweepBackup(h.state("")); err != nil || !exists(working) {
		t.Errorf("the copy of a backup at work was removed, %v", err)
	}
	if _, _, err := backupWork(h.state("")); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("two backups at once: %v", err)
	}
	end()
	h.write("state/backup/work/onionbot.db", "keys")
	if err := m.takeDirs(); err != nil || exists(left) {
		t.Errorf("the copy is still there, %v", err)
	}
}

func TestABackupThatIsStoppedLeavesNothing(t *testing.T) {
	h := busy(t)
	public, _ := h.keys()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	file := filepath.Join(h.dir, "b.age")
	err := backupCmd{Config: h.config, File: file, To: public}.Run(ctx, &streams{})
	if err == nil || exists(file) || exists(file+".part") || exists(h.state("backup/work")) {
		t.Errorf("something is left, %v", err)
	}
}
