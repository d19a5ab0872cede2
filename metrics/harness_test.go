package metrics

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"onionbot/bots/conversation"
	"onionbot/services"
	"onionbot/services/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// healthFunc is a [services.HealthSource].
type healthFunc func() services.Health

func (f healthFunc) Health(context.Context) services.Health { return f() }

// quiet are sources of a machine on which nothing has happened yet.
func quiet() Sources {
	return Sources{
		Version: "v1", Networks: []string{"telegram"}, Services: []string{"site"},
		Store: storetest.NewMemory(), Clock: services.ClockFunc(time.Now),
		Health:   healthFunc(func() services.Health { return services.Health{} }),
		Tors:     func(context.Context) []Tor { return []Tor{{"tor1", true}, {"tor2", false}} },
		Received: func() map[string]conversation.Received { return nil },
		Sent:     func() map[conversation.Sends]uint64 { return nil },
	}
}

// endpoint serves sources on a socket; scrape asks it.
func endpoint(t *testing.T, s Sources) (scrape func() string) {
	t.Helper()
	a := Address{"unix", filepath.Join(t.TempDir(), "m.sock")}
	srv := serve(t, a, s)
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", srv.Addr().String())
		},
	}}
	return func() string {
		t.Helper()
		status, body := get(t, client, "http://localhost/metrics")
		if status != http.StatusOK {
			t.Fatalf("status %d: %s", status, body)
		}
		return body
	}
}

func serve(t *testing.T, a Address, s Sources) *Server {
	t.Helper()
	srv, err := Serve(t.Context(), a, s, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
	return srv
}

func get(t *testing.T, client *http.Client, url string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// wantLines are lines that a scrape must have.
func wantLines(t *testing.T, scrape string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains("\n"+scrape, "\n"+line+"\n") {
			t.Errorf("the scrape does not say %s", line)
		}
	}
	if t.Failed() {
		t.Log(onlyOurs(scrape))
	}
}

// onlyOurs leaves out Go's and the process's own numbers.
func onlyOurs(scrape string) string {
	var out []string
	for line := range strings.Lines(scrape) {
		if strings.HasPrefix(line, "onionbot_") {
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}
