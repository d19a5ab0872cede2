package packaging

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestComposeOpensASite runs bot and tors in containers, as compose.yaml says,
// and opens a site of theirs through Tor.
func TestComposeOpensASite(t *testing.T) {
	if os.Getenv("ONIONBOT_SOAK") == "" {
		t.Skip("in the long form only: it builds an image and needs compose")
	}
	program := "docker-compose"
	if _, err := exec.LookPath(program); err != nil {
		t.Fatal("docker-compose is missing: apt-get install docker-compose")
	}
	makePlaces(t)
	w := newWorld(t)
	// A copy: what make compose writes is the operator's.
	dir := filepath.Join(t.TempDir(), "onionbot")
	host(t, "git", "clone", "--quiet", "..", dir)
	host(t, filepath.Join(dir, "scripts/compose"), "test")
	torrc := strings.Join(w.network.TorrcLines(), "\n") + "\n"
	override := "version: '2.4'\nservices: {tor1: {network_mode: host}, tor2: {network_mode: host}}\n" // the private network is on this machine's loopback
	for name, text := range map[string]string{"compose/torrc": torrc, "override.yaml": override} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	compose := func(words ...string) []string {
		return append([]string{program, "--project-directory", dir, "-p", "onionbottest", "-f", filepath.Join(dir, "compose.yaml"), "-f", filepath.Join(dir, "override.yaml")}, words...)
	}
	t.Cleanup(func() {
		if t.Failed() {
			logs, _ := output(compose("logs", "--tail", "40")...)
			t.Log(logs)
		}
		host(t, compose("down", "--timeout", "5")...)
	})
	host(t, compose("up", "--detach")...)
	bot := func(words ...string) (string, error) {
		return output(compose(append([]string{"exec", "-T", "bot", "onionbot"}, words...)...)...)
	}
	var answer string
	for deadline := time.Now().Add(2 * time.Minute); onion.FindString(answer) == "" && time.Now().Before(deadline); {
		var err error
		if answer, err = bot("ctl", "start", "site", "for", "10m"); err != nil {
			time.Sleep(time.Second) // not there yet
		}
	}
	if address := onion.FindString(answer); address == "" || !w.opens(address) {
		t.Fatalf("the site does not open; the answer was %q", answer)
	}
	if out, err := bot("ctl", "stop", "site"); err != nil || !strings.Contains(out, "gone") {
		t.Error(out, err)
	}
	host(t, compose("stop", "bot")...)
	if out := host(t, compose("run", "--rm", "bot", "onionbot", "down")...); !strings.Contains(out, "Everything is down") {
		t.Error(out)
	}
}
