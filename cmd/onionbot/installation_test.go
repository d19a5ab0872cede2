package main

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"onionbot/bots/conversation"
	"onionbot/db"
	"onionbot/services"
)

// start opens what a machine has before Docker and tor, and settles.
func start(t *testing.T, state, run string) (m *machine, name string, err error) {
	t.Helper()
	m = &machine{cfg: &config{StateDir: state, RunDir: run}, log: slog.New(slog.DiscardHandler)}
	t.Cleanup(m.close)
	if err := m.takeDirs(); err != nil {
		return m, "", err
	}
	if m.store, err = db.Open(t.Context(), databasePath(m.cfg), db.Options{}); err != nil {
		t.Fatal(err)
	}
	name, err = m.settle(t.Context())
	return m, name, err
}

// stop ends a machine as the end of its process would.
func stop(m *machine) {
	m.close()
	m.store, m.unlock = nil, nil
}

// leftTor is a process that looks like a tor of that state directory.
func leftTor(t *testing.T, state string) (ended chan error) {
	t.Helper()
	rc := filepath.Join(state, "tor", "t1", "torrc")
	if err := errors.Join(os.MkdirAll(filepath.Dir(rc), 0o700), os.WriteFile(rc, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "tail", "-f", rc)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended = make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for shown := false; !shown; time.Sleep(time.Millisecond) { // until it shows its command line
		line, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(cmd.Process.Pid), "cmdline"))
		shown = bytes.Contains(line, []byte(rc))
	}
	return ended
}

func TestAMovedStateDirectoryTakesItsTorsAlong(t *testing.T) {
	base := t.TempDir()
	old, moved, run := filepath.Join(base, "old"), filepath.Join(base, "moved"), filepath.Join(base, "run")
	m, name, err := start(t, old, run)
	if err != nil || m.notice != "" {
		t.Fatalf("the first start: %v, %q", err, m.notice)
	}
	stop(m)
	left := leftTor(t, old)
	if err := os.Rename(old, moved); err != nil {
		t.Fatal(err)
	}
	m, again, err := start(t, moved, run)
	if err != nil || again != name {
		t.Errorf("it is %q now, was %q, %v", again, name, err)
	}
	<-left
	d := &daemon{machine: m, hub: conversation.NewHub(conversation.HubOptions{})}
	if got := d.adapterTroubles()["configuration"]; !strings.Contains(got, "state_dir was moved from "+old) {
		t.Errorf("the operator reads %q in the status", got)
	}
	stop(m)
	if m, _, err = start(t, moved, run); err != nil || m.notice != "" {
		t.Errorf("the next start: %v, %q", err, m.notice)
	}
}

func TestAnotherStateDirectoryIsRefusedWhileTheFirstIsThere(t *testing.T) {
	base := t.TempDir()
	old, other, run := filepath.Join(base, "old"), filepath.Join(base, "other"), filepath.Join(base, "run")
	m, name, err := start(t, old, run)
	if err != nil {
		t.Fatal(err)
	}
	stop(m)
	left := leftTor(t, old)
	m, _, err = start(t, other, run)
	got := sentence(err)
	if !services.IsCode(err, services.CodeBadConfig) || !strings.Contains(got, old) || !strings.Contains(got, `"onionbot down"`) {
		t.Errorf("it says %q", got)
	}
	select {
	case <-left:
		t.Error("a tor of the first installation was ended")
	default:
	}
	stop(m)
	if _, again, err := start(t, old, run); err != nil || again != name {
		t.Errorf("the first one afterwards: %q, %v", again, err)
	}
}

func TestALostStateDirectoryIsInherited(t *testing.T) {
	base := t.TempDir()
	old, fresh, run := filepath.Join(base, "old"), filepath.Join(base, "new"), filepath.Join(base, "run")
	m, name, err := start(t, old, run)
	if err != nil {
		t.Fatal(err)
	}
	stop(m)
	left := leftTor(t, old)
	if err := os.RemoveAll(old); err != nil {
		t.Fatal(err)
	}
	// A new database takes the name, so that containers are removed as unknown.
	m, again, err := start(t, fresh, run)
	if err != nil || again != name || !strings.Contains(m.notice, "taken down") {
		t.Errorf("the new one is %q, %v, and says %q", again, err, m.notice)
	}
	<-left
	stop(m)

	// One with a name of its own keeps it.
	other, run2 := filepath.Join(base, "other"), filepath.Join(base, "run2")
	m, own, err := start(t, other, run2)
	if err != nil || own == name {
		t.Fatalf("%q, %v", own, err)
	}
	stop(m)
	if err := os.RemoveAll(fresh); err != nil {
		t.Fatal(err)
	}
	m, again, err = start(t, other, run)
	if err != nil || again != own || !strings.Contains(m.notice, "end at their deadlines") {
		t.Errorf("it is %q, %v, and says %q", again, err, m.notice)
	}
}

// The second daemon must be refused before it touches a socket of the first.
func TestTwoDaemonsDoNotShareARunDirectory(t *testing.T) {
	base := t.TempDir()
	run := filepath.Join(base, "run")
	if _, _, err := start(t, filepath.Join(base, "one"), run); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(run, "t1.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	cfg := defaultConfig()
	cfg.StateDir, cfg.RunDir = filepath.Join(base, "two"), run
	_, err = openMachine(t.Context(), cfg, slog.New(slog.DiscardHandler), machineOptions{})
	if got := sentence(err); !services.IsCode(err, services.CodeLocked) || !strings.Contains(got, "another onionbot is running with "+run) {
		t.Errorf("it says %q", got)
	}
	if _, err := os.Stat(socket); err != nil {
		t.Errorf("the first one's socket: %v", err)
	}
}

func TestServicesOfARenamedUserAreToldAtTheStart(t *testing.T) {
	m, _, err := start(t, filepath.Join(t.TempDir(), "s"), filepath.Join(t.TempDir(), "r"))
	if err != nil {
		t.Fatal(err)
	}
	err = m.store.Update(t.Context(), func(tx services.Tx) error {
		for _, owner := range []string{"alice", "bob"} {
			i := &services.Instance{ID: owner, Owner: owner, Desired: services.DesiredRunning, State: services.StateReachable}
			if err := tx.PutInstance(i); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	m.log = slog.New(slog.NewTextHandler(&out, nil))
	if m.users, err = newUsers(&config{Users: []userConfig{{Name: "bob"}}}); err != nil {
		t.Fatal(err)
	}
	(&daemon{machine: m}).sayOwnerless(t.Context())
	if got := out.String(); !strings.Contains(got, "owner=alice services=1") || strings.Contains(got, "bob") {
		t.Errorf("the log says %q", got)
	}
}

func TestTheUnitLeavesDownDown(t *testing.T) {
	text, err := os.ReadFile("../../packaging/systemd/onionbot.service")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte("\nRestart=on-failure\n")) || bytes.Contains(text, []byte("Restart=always\n")) {
		t.Error("the unit would start a bot again that was taken down")
	}
}
