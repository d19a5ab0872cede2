package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"syscall"

	"filippo.io/age"

	"onionbot/backup"
	"onionbot/db"
	"onionbot/private"
	"onionbot/services"
)

type restoreCmd struct {
	Config   string `default:"${config}" type:"path" help:"The configuration file."`
	File     string `arg:"" type:"path" help:"The backup."`
	Identity string `type:"path" help:"A file with the secret age key, mode 0600, for a backup that was made with --to."`
	passphrase
}

// longestConfig is in bytes.
const longestConfig = 1 << 20

// Run puts the backup into the state directory that the configuration names:
// the one that is there, else the one in the backup.
func (c restoreCmd) Run(ctx context.Context, s *streams) error {
	with, err := c.identities(ctx, s)
	if err != nil {
		return err
	}
	path := c.Config
	fresh := !exists(path)
	read := path
	if fresh {
		read = path + ".new" // until all is well
		if err := c.unpackConfig(with, read); err != nil {
			return restoreSentence(err)
		}
		defer func() { _ = os.Remove(read) }()
	}
	cfg, err := readConfig(read)
	if err != nil {
		return err
	}
	if err := c.fill(ctx, cfg, with, s); err != nil {
		return restoreSentence(err)
	}
	if fresh {
		if err := os.Rename(read, path); err != nil {
			return err
		}
	}
	fmt.Fprintf(s.out, "The backup is in %s, %s. Put the token files in place, then start the bot.\n",
		cfg.StateDir, map[bool]string{true: "its configuration is " + path, false: path + " was left as it is"}[fresh])
	return nil
}

func (c restoreCmd) identities(ctx context.Context, s *streams) ([]age.Identity, error) {
	phrase, err := backup.NeedsPassphrase(c.File)
	switch {
	case err != nil:
		return nil, err
	case phrase:
		known, err := c.know(ctx, s, "Passphrase of the backup: ")
		if err == nil && known == "" {
			err = backup.ErrWrongPhrase
		}
		if err != nil {
			return nil, err
		}
		return backup.WithPassphrase(known.Reveal())
	case c.Identity == "":
		return nil, errors.New("this backup was made for an age key, or it is none; name the file of the secret key with --identity")
	}
	data, err := readPrivate(c.Identity)
	if err != nil {
		return nil, err
	}
	with, err := backup.WithKeys(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w; it is the file that age-keygen wrote", c.Identity, err)
	}
	return with, nil
}

func (c restoreCmd) unpackConfig(with []age.Identity, path string) error {
	data, err := backup.First(c.File, with, backedConfig, longestConfig)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}

// fill unpacks beside the place where everything goes, looks at the database,
// and moves it there last: without it nothing counts.
func (c restoreCmd) fill(ctx context.Context, cfg *config, with []age.Identity, s *streams) error {
	log := newLog(cfg, s)
	if err := sameOwner(cfg.StateDir); err != nil {
		return err
	}
	if err := private.Dir(cfg.StateDir, log, dirMarks()...); err != nil {
		return err
	}
	release, err := db.Lock(cfg.StateDir)
	if err != nil {
		return err
	}
	defer release()
	work := filepath.Join(cfg.StateDir, "restore")
	if err := errors.Join(os.RemoveAll(work), vacant(cfg.StateDir)); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	if err := os.Mkdir(work, 0o700); err != nil {
		return services.Wrap(services.CodeReadOnlyState, err)
	}
	if err := backup.Extract(ctx, c.File, with, work); err != nil {
		return err
	}
	state := filepath.Join(work, backedState)
	if !exists(filepath.Join(state, backedDatabase)) {
		return backup.ErrNotABackup
	}
	store, err := db.Open(ctx, filepath.Join(state, backedDatabase), db.Options{Logger: log})
	if err != nil {
		return err
	}
	if err := store.Close(); err != nil {
		return err
	}
	if content := filepath.Join(state, backedContent); exists(content) {
		if err := os.Rename(content, filepath.Join(cfg.StateDir, "content")); err != nil {
			return err
		}
	}
	return os.Rename(filepath.Join(state, backedDatabase), databasePath(cfg))
}

// vacant refuses a state directory that anything is in.
func vacant(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != "lock" {
			return fmt.Errorf("%s is not empty (%s is in it); a backup is only put into an empty state directory. Move that one away first", dir, e.Name())
		}
	}
	return nil
}

// sameOwner refuses to write as somebody else what the bot could not read then.
func sameOwner(dir string) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(owner.Uid) == os.Geteuid() {
		return nil
	}
	name := fmt.Sprint(owner.Uid)
	if found, err := user.LookupId(name); err == nil {
		name = found.Username
	}
	return fmt.Errorf("%s belongs to %s; type: sudo -u %s onionbot restore …", dir, name, name)
}

// restoreSentence says what to do where the cause alone does not.
func restoreSentence(err error) error {
	switch {
	case errors.Is(err, backup.ErrWrongPhrase):
		return errors.New("the passphrase is wrong; nothing was changed")
	case errors.Is(err, backup.ErrWrongKey):
		return errors.New("this key does not open the backup; nothing was changed. Name the secret key that belongs to the age1… it was made for")
	case errors.Is(err, backup.ErrNotABackup), services.IsCode(err, services.CodeCorruptDatabase):
		return errors.New("the file is damaged, cut off, or no backup of onionbot; nothing was changed")
	case services.IsCode(err, services.CodeNewerSchema):
		return errors.New("the backup was made by a newer onionbot. Install that version; nothing was changed")
	}
	return backupSentence(err)
}
