package tor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// place is where the files of one managed tor are.
type place struct {
	dir     string // torrc, data, log
	run     string // sockets
	torrc   string
	data    string
	log     string
	output  string // what tor prints before it has opened its log
	control string // unix socket
	socks   string // unix socket
}

func placeOf(stateDir, runDir, name string) place {
	dir, run := filepath.Join(stateDir, name), filepath.Join(runDir, name)
	if dir == run { // what tor writes and what it reads are never in one directory
		run = filepath.Join(dir, "run")
	}
	return place{
		dir: dir, run: run,
		torrc:   filepath.Join(dir, "torrc"),
		data:    filepath.Join(dir, "data"),
		log:     filepath.Join(dir, "log"),
		output:  filepath.Join(dir, "output"),
		control: filepath.Join(run, "control"),
		socks:   filepath.Join(run, "socks"),
	}
}

// torrc returns the configuration of a managed tor. owner is the process it
// must not outlive, 0 for none.
func (pl place) render(include []string, owner int) string {
	lines := []string{
		"DataDirectory " + pl.data,
		"ControlSocket " + pl.control,
		"CookieAuthentication 1",
		"SocksPort unix:" + pl.socks + " IsolateSOCKSAuth ExtendedErrors",
		"Log notice file " + pl.log,
		"TruncateLogFile 1",
		"SafeLogging 1",
		"AvoidDiskWrites 1",
		"ClientOnly 1",
		"HiddenServiceStatistics 0",
		// Onions need many circuits at once when a tor starts with a crowd.
		"MaxClientCircuitsPending 256",
		// The database of countries costs memory and start time, and nothing
		// here asks for a country.
		"GeoIPFile " + os.DevNull,
		"GeoIPv6File " + os.DevNull,
		"NumCPUs 1",
		"ShutdownWaitLength 0",
	}
	if owner != 0 {
		lines = append(lines, fmt.Sprintf("__OwningControllerProcess %d", owner))
	}
	return strings.Join(append(lines, include...), "\n") + "\n"
}

// prepare makes the directories and removes what an earlier process left in
// the way. It must not be called while the tor runs. Data and sockets are the
// account's; what the tor is told by is ours, and only readable for it.
func (pl place) prepare(torrc string, who Account) error {
	for _, dir := range []string{pl.dir, pl.run, pl.data} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // a directory needs its x bit
			return err
		}
	}
	if err := errors.Join(who.Admit(pl.dir), who.ownTree(pl.data), who.ownTree(pl.run)); err != nil {
		return err
	}
	for _, stale := range []string{pl.control, pl.socks} {
		if err := os.Remove(stale); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	// tor would make its log readable for the group.
	log, err := os.OpenFile(pl.log, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(log.Close(), who.own(pl.log)); err != nil {
		return err
	}
	return pl.write(torrc, who)
}

// write writes the torrc.
func (pl place) write(torrc string, who Account) error {
	if err := os.WriteFile(pl.torrc, []byte(torrc), 0o600); err != nil || !who.Other() {
		return err
	}
	return errors.Join(os.Chown(pl.torrc, -1, who.GID), os.Chmod(pl.torrc, 0o640)) //nolint:gosec // its group is the tor's
}
