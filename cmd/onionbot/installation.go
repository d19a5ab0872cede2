package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"onionbot/db"
	"onionbot/private"
	"onionbot/services"
	"onionbot/tor"
)

// installation is what a run directory says of who works in it. What runs
// there outlives the bot, so the next one has to know whose it is.
type installation struct {
	Name     string `json:"name"`
	StateDir string `json:"state_dir"`
}

// installationFile is its file, in the run directory.
const installationFile = "installation"

// installationSetting is where the database keeps the name.
const installationSetting = "installation"

// dirMarks are the files by which the bot knows a directory of its own.
func dirMarks() []string { return []string{"lock", "onionbot.db", socketName, installationFile} }

// takeDirs makes the state and run directories this process's own, or says
// whose they are, before anything in them is touched.
func (m *machine) takeDirs() error {
	for _, dir := range []string{m.cfg.StateDir, m.cfg.RunDir} {
		if err := private.Dir(dir, m.log, dirMarks()...); err != nil {
			return err
		}
	}
	for _, dir := range []string{m.cfg.StateDir, m.cfg.RunDir} {
		release, err := db.Lock(dir)
		if err != nil {
			return err
		}
		m.unlock = append(m.unlock, release)
	}
	return sweepBackup(m.cfg.StateDir)
}

// settle returns the name of this installation, which tells its containers
// from others', and sees to what another state directory has left running in
// the run directory:
//
//   - the state directory was moved: its tors are found by their old place, so
//     they end, and start again in the new one;
//   - the other one still holds a database: refused, since what runs is only
//     known there;
//   - the other one is gone, and this one is new: it takes over the name, so
//     that everything that runs is removed as unknown;
//   - the other one is gone, and this one is not new: the tors end, and what
//     they made reachable with them; containers end at their deadlines.
func (m *machine) settle(ctx context.Context) (string, error) {
	name, err := m.setting(ctx, installationSetting)
	if err != nil {
		return "", err
	}
	before, err := readInstallation(m.cfg.RunDir)
	if err != nil {
		return "", err
	}
	if before != nil && before.StateDir != m.cfg.StateDir {
		if before.Name != name && exists(filepath.Join(before.StateDir, filepath.Base(databasePath(m.cfg)))) {
			return "", badConfig("", 0, `run_dir `+m.cfg.RunDir+` belongs to the onionbot with state_dir `+before.StateDir+
				`, and what that one started may still run; write that state_dir back, or a run_dir of its own, or take it down first, with "onionbot down" and that state_dir`, nil)
		}
		if err := tor.EndAll(ctx, filepath.Join(before.StateDir, "tor")); err != nil {
			return "", err
		}
		m.inherit(before, &name)
	}
	if name == "" {
		name = services.NewID()
	}
	err = m.store.Update(ctx, func(tx services.Tx) error { return tx.SetSetting(installationSetting, name) })
	if err != nil {
		return "", err
	}
	return name, writeInstallation(m.cfg.RunDir, installation{name, m.cfg.StateDir})
}

// inherit says what becomes of what runs from another state directory.
func (m *machine) inherit(before *installation, name *string) {
	switch *name {
	case before.Name:
		m.notice = "state_dir was moved from " + before.StateDir + " while services ran; their tors were started again"
	case "":
		*name = before.Name
		m.notice = "state_dir is new and " + before.StateDir + " is gone; whatever still ran from it is taken down"
	default:
		m.notice = "run_dir was used with state_dir " + before.StateDir + ", which is gone; its addresses are taken down, its containers end at their deadlines"
	}
	m.log.Warn("not the directories of the last run", "what", m.notice)
}

func (m *machine) setting(ctx context.Context, name string) (value string, err error) {
	err = m.store.View(ctx, func(tx services.Tx) error {
		value, err = tx.Setting(name)
		return err
	})
	return value, err
}

// readInstallation returns nil if the run directory says nothing, or nothing
// that can be understood.
func readInstallation(dir string) (*installation, error) {
	data, err := os.ReadFile(filepath.Join(dir, installationFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, services.Wrap(services.CodeReadOnlyState, err)
	}
	var in installation
	if json.Unmarshal(data, &in) != nil || in.Name == "" || in.StateDir == "" {
		return nil, nil
	}
	return &in, nil
}

// writeInstallation replaces the file whole.
func writeInstallation(dir string, in installation) error {
	data, err := json.Marshal(in)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, installationFile)
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return services.Wrap(services.CodeReadOnlyState, err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return services.Wrap(services.CodeReadOnlyState, err)
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
