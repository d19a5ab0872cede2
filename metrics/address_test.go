package metrics

import (
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOnlyThisMachineCanBeListenedOn(t *testing.T) {
	allowed := map[string]Address{
		"127.0.0.1:9464":      {"tcp", "127.0.0.1:9464"},
		"[::1]:9464":          {"tcp", "[::1]:9464"},
		"localhost:9464":      {"tcp", "127.0.0.1:9464"},
		"unix:metrics.sock":   {"unix", "/run/onionbot/metrics.sock"},
		"unix:/srv/m/m.sock":  {"unix", "/srv/m/m.sock"},
		"unix:@metrics":       {"unix", "/run/onionbot/@metrics"}, // not one without permissions
		"unix:../onionbot/ms": {"unix", "/run/onionbot/ms"},
	}
	for text, want := range allowed {
		if got, err := ParseAddress(text, "/run/onionbot"); err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{
		":9464", "0.0.0.0:9464", "[::]:9464", "192.168.1.2:9464", "[fe80::1%eth0]:9464", "example.org:9464",
		"127.0.0.1", "9464", "127.0.0.1:http", "127.0.0.1:99999", "127.1:9464", "2130706433:9464", "localhost.example.org:9464",
		"unix:", "unix:/run/", "http://127.0.0.1:9464", "unix:" + strings.Repeat("x", 120),
	} {
		got, err := ParseAddress(text, "/run/onionbot")
		if err == nil {
			t.Errorf("%s is listened on as %v", text, got)
			continue
		}
		if s := err.Error(); !strings.HasPrefix(s, "metrics.listen") || strings.ContainsAny(s, "\n") || strings.HasSuffix(s, ".") {
			t.Errorf("%s is refused with %q", text, s)
		}
	}
}

func TestTheSocketIsForItsOwnerAndGoesAtTheEnd(t *testing.T) {
	a := Address{"unix", filepath.Join(t.TempDir(), "m.sock")}
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: a.Where, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.listen(t.Context()); err == nil || !strings.Contains(err.Error(), "another program") {
		t.Errorf("beside somebody who answers: %v", err)
	}
	left.SetUnlinkOnClose(false) // as if its process had been killed
	if err := left.Close(); err != nil {
		t.Fatal(err)
	}
	srv := serve(t, a, quiet())
	info, err := os.Stat(a.Where)
	if err != nil || info.Mode() != fs.ModeSocket|0o600 {
		t.Errorf("the socket is %v, %v", info.Mode(), err)
	}
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(a.Where); err == nil {
		t.Error("the socket stays behind")
	}
}

func TestAFileIsNotTakenForASocket(t *testing.T) {
	a := Address{"unix", filepath.Join(t.TempDir(), "diary.txt")}
	if err := os.WriteFile(a.Where, []byte("dear diary"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := a.listen(t.Context()); err == nil {
		t.Error("it listens in a file's place")
	}
	if data, err := os.ReadFile(a.Where); err != nil || string(data) != "dear diary" {
		t.Errorf("the file is %q, %v", data, err)
	}
}

func TestATakenPortIsASentence(t *testing.T) {
	srv := serve(t, Address{"tcp", "127.0.0.1:0"}, quiet())
	_, err := Address{"tcp", srv.Addr().String()}.listen(t.Context())
	if err == nil || !strings.Contains(err.Error(), "another program listens at "+srv.Addr().String()) {
		t.Errorf("error %v", err)
	}
}

func TestAWebPageCannotReadTheNumbers(t *testing.T) {
	srv := serve(t, Address{"tcp", "127.0.0.1:0"}, quiet())
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	_, port, err := net.SplitHostPort(srv.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]int{
		"127.0.0.1:" + port: http.StatusOK, "localhost:" + port: http.StatusOK, "[::1]": http.StatusOK,
		"rebound.example:" + port: http.StatusMisdirectedRequest, "192.168.1.2:" + port: http.StatusMisdirectedRequest,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+srv.Addr().String()+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("asked as %s: status %d, want %d", host, resp.StatusCode, want)
		}
	}
	if status, _ := get(t, client, "http://"+srv.Addr().String()+"/debug/pprof/"); status != http.StatusNotFound {
		t.Errorf("another path: status %d", status)
	}
}
