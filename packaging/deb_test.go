package packaging

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/proxy"

	"onionbot/tor/privnet"
)

var (
	onion    = regexp.MustCompile(`[a-z2-7]{56}\.onion`)
	exposure = regexp.MustCompile(`Overall exposure level for \S+: ([0-9.]+)`)
)

// world is a private Tor network with a visitor.
type world struct {
	network *privnet.Network
	visitor *http.Client
}

func newWorld(t *testing.T) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "pk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	network, err := privnet.Start(ctx, privnet.Options{Dir: filepath.Join(dir, "n")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = network.Close() })
	client, err := network.StartClient(ctx, "visitor")
	if err != nil {
		t.Fatal(err)
	}
	dialer, err := proxy.SOCKS5("tcp", client.SOCKSAddr(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &world{network, &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DialContext: dialer.(proxy.ContextDialer).DialContext}}}
}

// opens reports whether the address gives a page.
func (w *world) opens(address string) bool {
	response, err := w.visitor.Get("http://" + address + "/")
	if err != nil {
		return false
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	return err == nil && strings.Contains(string(page), "onion site")
}

// TestPackageOnDebian installs, uses, upgrades, removes and purges the package
// on a Debian that runs systemd. It takes minutes and root, so it belongs to
// the long form.
func TestPackageOnDebian(t *testing.T) {
	if os.Getenv("ONIONBOT_SOAK") == "" {
		t.Skip("in the long form only: it boots whole systems")
	}
	for _, tool := range []string{"systemd-nspawn", "debootstrap", "nsenter"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%s is missing: apt-get install systemd-container debootstrap util-linux", tool)
		}
	}
	dir := t.TempDir()
	for _, version := range []string{"0.0.1", "0.0.2"} {
		host(t, "../scripts/package", dir, version, "amd64")
	}
	w := newWorld(t)
	for _, suite := range []string{"bookworm", "trixie"} {
		t.Run(suite, func(t *testing.T) { life(t, bootGuest(t, suite), w, dir) })
	}
}

// life is that of a package.
func life(t *testing.T, g *guest, w *world, packages string) {
	t.Helper()
	for _, version := range []string{"0.0.1", "0.0.2"} {
		host(t, "cp", filepath.Join(packages, "onionbot_"+version+"_amd64.deb"), filepath.Join(g.root, "root"))
	}
	g.run("dpkg", "-i", "/root/onionbot_0.0.1_amd64.deb")
	g.write("etc/onionbot/torrc.local", strings.Join(w.network.TorrcLines(), "\n")+"\n")
	g.run("systemctl", "restart", "onionbot-tor@1", "onionbot-tor@2")
	g.await("the bot", func() bool { return g.try("systemctl", "is-active", "onionbot") == nil })

	answer := g.run("onionbot", "ctl", "start", "site", "for", "30m")
	address := onion.FindString(answer)
	if address == "" || !w.opens(address) {
		t.Fatalf("the site does not open; the answer was %q", answer)
	}
	tors := g.torPIDs()

	g.run("dpkg", "-i", "/root/onionbot_0.0.2_amd64.deb")
	g.await("the upgraded bot", func() bool { return g.try("onionbot", "ctl", "list") == nil })
	if !strings.Contains(g.run("onionbot", "version"), "0.0.2") || g.torPIDs() != tors || !w.opens(address) {
		t.Errorf("after the upgrade: tors were %s and are %s; the site opens: %v", tors, g.torPIDs(), w.opens(address))
	}
	g.run("systemctl", "kill", "-s", "KILL", "onionbot")
	g.await("the killed bot", func() bool { return g.try("onionbot", "ctl", "list") == nil })
	if g.torPIDs() != tors || !w.opens(address) {
		t.Error("the death of the bot cut its visitors")
	}
	g.run("systemctl", "reload", "onionbot")
	for _, unit := range []string{"onionbot.service", "onionbot-tor@1.service"} {
		if level := g.exposure(unit); level > 3 {
			t.Errorf("%s has an exposure of %v", unit, level)
		}
	}

	removal := g.run("dpkg", "-r", "onionbot")
	if w.opens(address) {
		t.Error("the site opens after the package was removed")
	}
	if left := host(t, "sh", "-c", `docker ps -aq | xargs -r docker inspect -f '{{.Id}} {{range .Mounts}}{{.Source}} {{end}}' | grep /run/onionbot/ || true`); left != "" {
		t.Errorf("containers after the removal: %s\nthe removal said %s", left, removal)
	}
	g.run("dpkg", "-P", "onionbot")
	left := g.run("sh", "-c", "find / -xdev -path /proc -prune -o -iname '*onionbot*' -print; getent passwd onionbot; true")
	for line := range strings.Lines(left) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "/root/") && !strings.HasPrefix(line, "/var/lib/dpkg") && line != "/run/onionbot" && line != "/var/lib/onionbot" {
			t.Error("left after the purge:", line)
		}
	}
}

// torPIDs are the processes of the two tors.
func (g *guest) torPIDs() string {
	g.t.Helper()
	return g.run("systemctl", "show", "--value", "-p", "MainPID", "onionbot-tor@1", "onionbot-tor@2")
}

// exposure is what systemd-analyze says of a unit, from 0 to 10.
func (g *guest) exposure(unit string) float64 {
	g.t.Helper()
	text := g.run("sh", "-c", "systemd-analyze security --no-pager "+unit)
	found := exposure.FindStringSubmatch(text)
	if found == nil {
		g.t.Fatal("no level of exposure:", text)
	}
	level, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Logf("%s: exposure %v", unit, level)
	return level
}
