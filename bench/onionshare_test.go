package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"
)

var onionAddress = regexp.MustCompile(`[a-z2-7]{56}\.onion`)

// onionShare starts `onionshare-cli --website` with a tor of the same network,
// already running, and returns the time until the first visit has succeeded.
// It has no container to start: its web server is a part of it.
func (h *host) onionShare(b *testing.B) time.Duration {
	b.Helper()
	home := b.TempDir()
	settings, err := json.Marshal(map[string]any{
		"version": "2.6", "connection_type": "socket_file", "socket_file_path": h.client.ControlSocket(), "auth_type": "no_auth",
	})
	if err != nil {
		b.Fatal(err)
	}
	site := filepath.Join(home, "site")
	if err := os.Mkdir(site, 0o700); err != nil {
		b.Fatal(err)
	}
	for path, text := range map[string]string{
		filepath.Join(site, "index.html"): "<title>a page</title>", filepath.Join(home, "settings.json"): string(settings),
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "onionshare-cli", "--website", "--public", "--config", filepath.Join(home, "settings.json"), site)
	cmd.Env = append(os.Environ(), "HOME="+home, "PYTHONUNBUFFERED=1")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	took := timed(b, func() error {
		if err := cmd.Start(); err != nil {
			return err
		}
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if address := onionAddress.FindString(lines.Text()); address != "" {
				return visitUntil(ctx, address)
			}
		}
		b.Fatal("onionshare-cli named no address")
		return nil
	})
	cancel()
	_ = cmd.Wait() // it was interrupted
	return took
}
