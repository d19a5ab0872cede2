package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// withoutZones marks the process that has hidden the system's database.
const withoutZones = "ONIONBOT_TEST_WITHOUT_ZONES"

func TestZonesAreKnownWithoutTheSystemsDatabase(t *testing.T) {
	if os.Getenv(withoutZones) == "" {
		if os.Geteuid() != 0 {
			t.Skip("only root can hide the database")
		}
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$")
		child.Env = append(os.Environ(), withoutZones+"=1", "GOROOT=/nonexistent")
		child.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
		if out, err := child.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	for _, dir := range []string{"/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/usr/lib/locale/TZ", "/etc/zoneinfo"} {
		if err := syscall.Mount("none", dir, "tmpfs", 0, ""); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "config.toml")
	text := "timezone = \"Asia/Tehran\"\n[[users]]\nname = \"ann\"\nservices = [\"site\"]\nmax_instances = 1\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := loadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, offset := time.Unix(1700000000, 0).In(cfg.location()).Zone(); offset != 12600 {
		t.Errorf("Tehran is %d s ahead", offset)
	}
}
