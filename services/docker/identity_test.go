package docker

import (
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"onionbot/services"
)

// hostNames collects what names this machine: values that are long enough not
// to be found by chance.
func hostNames(t *testing.T) map[string]string {
	t.Helper()
	names := make(map[string]string)
	add := func(what, value string) {
		if value = strings.Trim(strings.TrimSpace(value), "\x00"); len(value) >= 8 {
			names[value] = what
		}
	}
	for _, pattern := range []string{
		"/proc/sys/kernel/random/boot_id", "/etc/machine-id", "/etc/hostname", "/proc/version", "/proc/cmdline",
		"/sys/block/*/serial", "/sys/block/*/wwid", "/sys/block/*/device/serial", "/sys/block/*/device/wwid",
		"/sys/class/dmi/id/*_serial", "/sys/class/dmi/id/*_uuid", "/sys/class/dmi/id/*_name",
		"/sys/class/net/*/address", "/sys/firmware/devicetree/base/serial-number",
	} {
		files, _ := filepath.Glob(pattern)
		for _, f := range files {
			data, _ := os.ReadFile(f) // some are root's alone
			if address := strings.TrimSpace(string(data)); strings.Trim(address, "0:") != "" {
				add(f, address)
			}
		}
	}
	cmdline, _ := os.ReadFile("/proc/cmdline")
	for _, word := range strings.Fields(string(cmdline)) {
		if len(word) >= 16 {
			add("kernel command line", word)
		}
	}
	disks, _ := filepath.Glob("/dev/disk/by-uuid/*")
	for _, d := range disks {
		add("disk", filepath.Base(d))
	}
	if out, err := exec.CommandContext(t.Context(), "docker", "info", "-f", "{{.ID}}").Output(); err == nil {
		add("engine", string(out))
	}
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		if ip, _, err := net.ParseCIDR(a.String()); err == nil && !ip.IsLoopback() {
			add("address", ip.String())
		}
	}
	if len(names) < 3 {
		t.Fatalf("this machine has hardly a name: %v", names)
	}
	return names
}

// readable is everything that an app can read of the kernel and of the
// settings, by path.
func readable(t *testing.T, spec services.ContainerSpec) map[string]string {
	t.Helper()
	out, err := inside(t, spec.ID, appUser(t, spec.ID), spec.Definition.Content+"/attack /proc /sys /etc /onion /run /tmp")
	if err != nil || !strings.HasSuffix(out, "DONE\n") {
		t.Fatalf("%v: %.500s", err, out)
	}
	files := make(map[string]string)
	for line := range strings.Lines(out) {
		path, quoted, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if text, err := strconv.Unquote(quoted); err == nil {
			files[path] = text
		} else {
			files[path] = quoted
		}
	}
	if len(files) < 300 {
		t.Fatalf("only %d files were read", len(files))
	}
	return files
}

func TestNothingInsideNamesTheHost(t *testing.T) {
	r := open(t)
	names, program := hostNames(t), attackProgram(t)
	for _, name := range []string{"site", "ssh"} {
		t.Run(name, func(t *testing.T) {
			d := *service(t, name)
			d.Content = "/srv/content"
			spec := launch(t, r, services.ContainerSpec{Definition: &d, HostKey: newHostKey(t).private, ContentDir: program})
			files := readable(t, spec)
			if files["domain"] != "onion.onion" {
				t.Errorf("it is called %q", files["domain"])
			}
			for path, text := range files {
				for value, what := range names {
					if strings.Contains(text, value) {
						t.Errorf("%s tells %s: %q", path, what, value)
					}
				}
			}
		})
	}
}

// unusual are values that are nobody else's: identifiers, digests, addresses.
var unusual = regexp.MustCompile(`[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|[0-9a-fA-F]{16,}|([0-9a-f]{2}:){5}[0-9a-f]{2}`)

func TestTwoContainersShareNoIdentifier(t *testing.T) {
	r := open(t)
	d := *service(t, "ssh")
	d.Content = "/srv/content"
	program := attackProgram(t)
	seen := make(map[string]string) // value to path, in the first
	for n := range 2 {
		spec := launch(t, r, services.ContainerSpec{Definition: &d, HostKey: newHostKey(t).private, ContentDir: program})
		files := readable(t, spec)
		for _, path := range slices.Sorted(maps.Keys(files)) {
			if alike(path) {
				continue
			}
			for _, value := range unusual.FindAllString(files[path], -1) {
				if strings.Trim(value, "0123456789") == "" {
					continue // a limit
				}
				if n == 0 {
					seen[value] = path
				} else if where := seen[value]; where != "" {
					t.Errorf("both have %q: %s and %s", value, where, path)
				}
			}
		}
	}
}

// alike reports whether a file may be the same in two containers: masks of
// bits, what Debian gives to everybody, and the list of mounts, which names the
// image's layers and the instance's folder and cannot be hidden from a process.
func alike(path string) bool {
	switch filepath.Base(path) {
	case "mountinfo", "mounts", "mountstats", "status", "stat", "maps", "smaps", "igmp6", "moduli":
		return true
	}
	return false
}
