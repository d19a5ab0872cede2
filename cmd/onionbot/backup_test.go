package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"filippo.io/age"

	"onionbot/backup"
	"onionbot/db"
	"onionbot/services"
)

// home is a configuration with its state directory.
type home struct {
	t           *testing.T
	dir, config string
}

// newHome has a configuration if said so, and nothing else yet.
func newHome(t *testing.T, configured bool) home {
	t.Helper()
	h := home{t, t.TempDir(), ""}
	h.config = filepath.Join(h.dir, "config.toml")
	if configured {
		h.write("config.toml", "state_dir = \"state\"\nrun_dir = \"run\"\n[[users]]\nname = \"olga\"\noperator = true\ntelegram = [1]\n")
	}
	return h
}

func (h home) write(name, text string) string {
	h.t.Helper()
	path := filepath.Join(h.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		h.t.Fatal(err)
	}
	return path
}

func (h home) state(name string) string { return filepath.Join(h.dir, "state", name) }

// says runs a command with this configuration and returns what it wrote.
func (h home) says(want int, args ...string) string {
	h.t.Helper()
	var out bytes.Buffer
	if got := run(append(args, "--config", h.config), nil, &out, &out); got != want {
		h.t.Fatalf("%s ended with %d: %s", args[0], got, out.String())
	}
	return out.String()
}

// bot takes the state directory and opens the database, as a bot would.
func (h home) bot() *db.Store {
	h.t.Helper()
	release, err := db.Lock(h.state(""))
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(release)
	store, err := db.Open(h.t.Context(), h.state("onionbot.db"), db.Options{})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = store.Close() })
	return store
}

// alive is what must not be in a backup that nobody asked to hold it.
var alive = []string{"OnIoNkEy", "aDdReSs", "hOsTkEy", "sEcReTs", "tExTs", "wOrDs", "pAgEs", "cOdEs", "nAmEs", "rEmEmBeReD"}

// busy is a bot with something of everything, while it runs.
func busy(t *testing.T) home {
	t.Helper()
	h := newHome(t, true)
	h.write("state/content/i1/page.html", "pAgEs")
	now := time.Now()
	err := h.bot().Update(t.Context(), func(tx services.Tx) error {
		_, nerr := tx.AddNotice(&services.Notice{Key: "k", Owner: "ana", Instance: "i1", Kind: services.KindReply, Body: []byte("tExTs"), DueAt: now})
		_, ierr := tx.AddIncoming(services.Incoming{Network: "telegram", ID: "5", Raw: []byte("wOrDs"), SentAt: now, ReceivedAt: now})
		return errors.Join(nerr, ierr,
			tx.PutInstance(&services.Instance{
				ID: "i1", Owner: "ana", Service: "site", Name: "nAmEs", Desired: services.DesiredRunning, State: services.StateReachable,
				Onion:   services.Onion{Address: "aDdReSs.onion", Key: "ED25519-V3:OnIoNkEy"},
				HostKey: services.HostKey{PrivatePEM: "hOsTkEy"}, Secrets: map[string]services.Secret{"token": "sEcReTs"},
			}),
			tx.PutPerson(&services.Person{User: services.User{Name: "ana", Role: services.RoleMember, Services: []string{"*"}}, CreatedAt: now}),
			tx.AddBinding(services.Binding{Network: "telegram", Account: "4711", User: "ana", At: now}),
			tx.PutInvite(&services.Invite{Hash: "cOdEs", Kind: "invite", User: services.User{Name: "gus", Role: services.RoleGuest}, ExpiresAt: now.Add(time.Hour)}),
			tx.SetSetting("lately", "rEmEmBeReD"), tx.SetSetting("installation", "kept"))
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// keys makes an age key pair: the public one, and the file of the secret one.
func (h home) keys() (public, file string) {
	h.t.Helper()
	own, err := age.GenerateX25519Identity()
	if err != nil {
		h.t.Fatal(err)
	}
	return own.Recipient().String(), h.write("key.txt", own.String()+"\n")
}

// found are the words of alive in the files below dir.
func found(t *testing.T, dir string) (words []string) {
	t.Helper()
	var all []byte
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			var data []byte
			data, err = os.ReadFile(path)
			all = append(all, data...)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range alive {
		if bytes.Contains(all, []byte(word)) {
			words = append(words, word)
		}
	}
	return words
}

func TestABackupHoldsUsersAndNothingThatIsLive(t *testing.T) {
	h := busy(t)
	public, secret := h.keys()
	for _, withKeys := range []bool{false, true} {
		file := filepath.Join(h.dir, fmt.Sprint(withKeys))
		args, want := []string{"backup", file, "--to", public}, 0
		if withKeys {
			args, want = append(args, "--with-keys"), len(alive)
		}
		h.says(0, args...)
		data, err := os.ReadFile(secret)
		if err != nil {
			t.Fatal(err)
		}
		with, err := backup.WithKeys(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		plain := t.TempDir()
		if err := backup.Extract(t.Context(), file, with, plain); err != nil {
			t.Fatal(err)
		}
		if words := found(t, plain); len(words) != want {
			t.Errorf("with keys: %v; in the backup are %v", withKeys, words)
		}
		if left, _ := os.ReadDir(h.state("backup")); len(left) != 1 || left[0].Name() != "lock" {
			t.Errorf("%v is left of the copy", left)
		}
	}
}

func TestABackupIsRestoredWithItsConfiguration(t *testing.T) {
	h := busy(t)
	phrase := h.write("phrase", "correct horse battery staple\n")
	file := filepath.Join(h.dir, "b.age")
	h.backUp(file, phrase)
	wrong := h.write("wrong", "incorrect horse battery\n")
	to := newHome(t, false)
	if said := to.says(1, "restore", file, "--passphrase-file", wrong); said != "onionbot: the passphrase is wrong; nothing was changed\n" {
		t.Errorf("a wrong passphrase: %q", said)
	}
	if left, _ := os.ReadDir(to.dir); len(left) != 0 {
		t.Errorf("after a wrong passphrase there is %v", left)
	}
	to.says(0, "restore", file, "--passphrase-file", phrase)
	for name, want := range map[string]os.FileMode{
		"": 0o700, "onionbot.db": 0o600, "content": 0o700, "content/i1/page.html": 0o600, "../config.toml": 0o600,
	} {
		if info, err := os.Stat(to.state(name)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%q: %v, %v", name, info, err)
		}
	}
	err := to.bot().View(t.Context(), func(tx services.Tx) error {
		i, err := tx.Instance("i1")
		if err != nil || i.Onion.Key.Reveal() != "ED25519-V3:OnIoNkEy" {
			t.Errorf("the instance is %+v, %v", i, err)
		}
		_, err = tx.Person("ana")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(to.dir); len(left) != 2 {
		t.Errorf("in the new place are %v", left)
	}
}

// backUp is the command with a passphrase, but for the work that makes
// guessing slow: with the race detector it takes ten seconds each time.
func (h home) backUp(file, phrase string) {
	h.t.Helper()
	c := backupCmd{Config: h.config, File: file, WithKeys: true, passphrase: passphrase{PassphraseFile: phrase}}
	to, err := c.recipient(h.t.Context(), &streams{})
	if err != nil {
		h.t.Fatal(err)
	}
	slow, ok := to.(*age.ScryptRecipient)
	if !ok {
		h.t.Fatalf("a passphrase makes a %T", to)
	}
	slow.SetWorkFactor(10)
	cfg, err := readConfig(h.config)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := c.write(h.t.Context(), cfg, slow); err != nil {
		h.t.Fatal(err)
	}
}
