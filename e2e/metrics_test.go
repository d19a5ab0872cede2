package e2e

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onionbot/bots/telegram/telegramtest"
)

// scrape asks the bot for its numbers, as Prometheus does; "" if it does not
// answer.
func (b *bot) scrape() string {
	b.t.Helper()
	client := &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(b.dir, "run", "metrics.sock"))
		},
	}}
	resp, err := client.Get("http://localhost/metrics")
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		b.t.Errorf("scrape: %s, %v", resp.Status, err)
	}
	return string(text)
}

// shows waits until a scrape has all the lines, and returns it.
func (b *bot) shows(lines ...string) (text string) {
	b.t.Helper()
	wait(b.t, 60*time.Second, "shown: "+strings.Join(lines, ", "), func() bool {
		text = b.scrape()
		for _, line := range lines {
			if !strings.Contains("\n"+text, "\n"+line+"\n") {
				return false
			}
		}
		return true
	})
	return text
}

// TestTroubleWithTelegramShowsInStatusAndMetrics lets Telegram fail for a
// while: the operator sees it in both places, and sees it pass.
func TestTroubleWithTelegramShowsInStatusAndMetrics(t *testing.T) {
	t.Parallel()
	const ann, stranger = 1001, 6666
	b, api := telegramBot(t)
	config, err := os.ReadFile(filepath.Join(b.dir, "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	b.write("config.toml", string(config)+"\n[metrics]\nlisten = \"unix:metrics.sock\"\n")
	b.start()
	api.Type(ann, "start site for 1h")
	onion := address(t, answered(t, api, ann, "reachable", ".onion").Text)
	text := b.shows(
		`onionbot_instances{service="site",state="reachable"} 1`, `onionbot_docker_up 1`, `onionbot_store_ok 1`,
		`onionbot_tor_up{tor="t1"} 1`, `onionbot_receive_trouble{network="telegram"} 0`, `onionbot_updates_total{network="telegram"} 1`,
	)
	for _, word := range []string{onion, strings.TrimSuffix(onion, ".onion"), ".onion", `"ann"`, "1001", botToken} {
		if strings.Contains(text, word) {
			t.Errorf("the scrape says %q", word)
		}
	}

	api.Fault(telegramtest.Fault{Kind: telegramtest.Gateway, Method: "getUpdates", Times: -1})
	api.Type(stranger, "hello") // ends the poll that is waiting
	b.shows(`onionbot_receive_trouble{network="telegram"} 1`)
	if out := b.ctl("status"); !strings.Contains(out, "Trouble: telegram:") {
		t.Errorf("status says %s", out)
	}
	api.ClearFaults()
	b.shows(`onionbot_receive_trouble{network="telegram"} 0`)
	if out := b.ctl("status"); strings.Contains(out, "Trouble") {
		t.Errorf("status still says %s", out)
	}
}
