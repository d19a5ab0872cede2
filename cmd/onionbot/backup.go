package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"filippo.io/age"

	"onionbot/backup"
	"onionbot/bots/conversation"
	"onionbot/db"
	"onionbot/services"
)

// Names in a backup.
const (
	backedConfig   = "config.toml" // comes first: it says where the rest goes
	backedState    = "state"
	backedDatabase = "onionbot.db"
	backedContent  = "content"
)

type backupCmd struct {
	Config   string `default:"${config}" type:"path" help:"The configuration file."`
	File     string `arg:"" type:"path" help:"The file to write; it must not exist."`
	To       string `help:"The public key that can open it, as in age1…; without it, a passphrase does."`
	WithKeys bool   `help:"Also what is live: the keys and addresses of services, their secrets, files and messages."`
	passphrase
}

// Run writes the backup, whether the bot runs or not.
func (c backupCmd) Run(ctx context.Context, s *streams) error {
	cfg, err := readConfig(c.Config)
	if err != nil {
		return err
	}
	if !exists(databasePath(cfg)) {
		return fmt.Errorf("there is no database in %s yet: nothing to back up", cfg.StateDir)
	}
	if exists(c.File) {
		return fmt.Errorf("%s exists already; choose another name, or remove it", c.File)
	}
	to, err := c.recipient(ctx, s)
	if err != nil {
		return err
	}
	if err := c.write(ctx, cfg, to); err != nil {
		return backupSentence(err)
	}
	kept := "Keys, addresses, files and messages of services are not in it."
	if c.WithKeys {
		kept = "The keys of what runs are in it: it is as secret as the services are."
	}
	fmt.Fprintf(s.out, "The backup is in %s. %s\n", c.File, kept)
	return nil
}

func (c backupCmd) recipient(ctx context.Context, s *streams) (age.Recipient, error) {
	if c.To != "" {
		to, err := backup.ForKey(c.To)
		if err != nil {
			return nil, fmt.Errorf("--to: %w; give the line that begins with age1, as in: onionbot backup --to age1… %s", err, filepath.Base(c.File))
		}
		return to, nil
	}
	phrase, err := c.choose(ctx, s)
	if err != nil {
		return nil, err
	}
	return backup.ForPassphrase(phrase.Reveal())
}

// write copies the database beside the original first: a file in the backup
// needs a size before its content.
func (c backupCmd) write(ctx context.Context, cfg *config, to age.Recipient) error {
	data, err := os.ReadFile(c.Config)
	if err != nil {
		return err
	}
	work, end, err := backupWork(cfg.StateDir)
	if err != nil {
		return err
	}
	defer end()
	database := filepath.Join(work, backedDatabase)
	if err := db.Export(ctx, databasePath(cfg), database, c.WithKeys, installationSetting, conversation.SaltSetting); err != nil {
		return err
	}
	return backup.Write(ctx, c.File, to, func(a *backup.Archive) error {
		if err := a.AddBytes(backedConfig, data); err != nil {
			return err
		}
		if err := a.AddFile(backedState+"/"+backedDatabase, database); err != nil || !c.WithKeys {
			return err
		}
		return a.AddTree(backedState+"/"+backedContent, filepath.Join(cfg.StateDir, "content"))
	})
}

// backupWork is an empty directory for the copy, taken by this process, and
// what removes it.
func backupWork(stateDir string) (work string, end func(), err error) {
	dir := filepath.Join(stateDir, "backup")
	if info, err := os.Lstat(dir); err == nil && !info.IsDir() {
		return "", nil, fmt.Errorf("%s is in the way; remove it", dir)
	}
	release, err := db.Lock(dir)
	if services.IsCode(err, services.CodeLocked) {
		return "", nil, errors.New("a backup is being made already; wait for it")
	}
	if err != nil {
		return "", nil, err
	}
	work = filepath.Join(dir, "work")
	end = func() {
		_ = os.RemoveAll(work)
		release()
	}
	if err := errors.Join(os.RemoveAll(work), os.Mkdir(work, 0o700), ownedAs(stateDir, "backup", "backup/lock", "backup/work")); err != nil {
		end()
		return "", nil, services.Wrap(services.CodeReadOnlyState, err)
	}
	return work, end, nil
}

// sweepBackup removes what a backup left that was killed: its copy can hold
// keys, which are to end with their services.
func sweepBackup(stateDir string) error {
	if !exists(filepath.Join(stateDir, "backup", "work")) {
		return nil
	}
	release, err := db.Lock(filepath.Join(stateDir, "backup"))
	if services.IsCode(err, services.CodeLocked) {
		return nil // one is at work
	}
	if err != nil {
		return err
	}
	defer release()
	return os.RemoveAll(filepath.Join(stateDir, "backup", "work"))
}

// ownedAs gives what root has made to whom the state directory belongs to.
func ownedAs(stateDir string, made ...string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	root, err := os.OpenRoot(stateDir) // a link in it leads nowhere else
	if err != nil {
		return err
	}
	defer root.Close()
	info, err := root.Stat(".")
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	for _, name := range made {
		if err := root.Lchown(name, int(owner.Uid), int(owner.Gid)); err != nil {
			return err
		}
	}
	return nil
}

// backupSentence says what to do where the cause alone does not.
func backupSentence(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w; run this as the bot's user or as root", err)
	}
	return err
}
