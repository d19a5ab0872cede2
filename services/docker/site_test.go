package docker

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onionbot/services"
)

func TestSiteTellsHowLongItLives(t *testing.T) {
	r := open(t)
	// An operator's zone, which visitors are not told.
	end := time.Date(2032, 3, 1, 21, 35, 0, 0, time.FixedZone("IRST", 3*3600+1800))
	spec := launch(t, r, services.ContainerSpec{Definition: service(t, "site"), Deadline: end})
	c := browser(r, spec)
	res, page := get(t, c, "/")
	if res.StatusCode != 200 || !strings.Contains(page, "Monday 1 March 2032, 18:05 UTC") {
		t.Fatalf("%s: %s", res.Status, page)
	}
	if err := r.SetDeadline(t.Context(), spec.ID, end.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, page = get(t, c, "/"); !strings.Contains(page, "20:05 UTC") {
		t.Errorf("prolonged, but the page says %s", page)
	}
}

func TestSiteGivesNothingAway(t *testing.T) {
	r := open(t)
	spec := launch(t, r, services.ContainerSpec{Definition: service(t, "site")})
	c := browser(r, spec)
	for _, path := range []string{"/", "/nothing-here", "/onion-until", "/missing.html", "/%00", "/../../etc/passwd"} {
		res, body := get(t, c, path)
		if s := res.Header.Get("Server"); s != "" {
			t.Errorf("%s: Server %q", path, s)
		}
		if res.Header.Get("Content-Security-Policy") == "" || res.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: headers %v", path, res.Header)
		}
		for _, name := range []string{"Date", "Last-Modified", "Etag", "Expires"} {
			if v := res.Header.Get(name); v != "" {
				t.Errorf("%s: %s %q", path, name, v)
			}
		}
		for _, bad := range []string{"nginx/", "<script", "http://", "https://", "root:", "Debian"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s holds %q", path, bad)
			}
		}
		if path != "/" && res.StatusCode < 400 {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
}

func TestSiteRefusesNonsenseWithoutATime(t *testing.T) {
	r := open(t)
	spec := launch(t, r, services.ContainerSpec{Definition: service(t, "site")})
	if res, _ := get(t, browser(r, spec), "/"); res.StatusCode != 200 { // it is up
		t.Fatal(res.Status)
	}
	for _, request := range []string{"nonsense\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "TRACE / HTTP/1.1\r\nHost: x\r\n\r\n"} {
		conn, err := net.Dial("unix", r.Target(spec.ID, spec.Definition.Ports[0]))
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(patience))
		_, _ = io.WriteString(conn, request)
		answer, _ := io.ReadAll(conn)
		_ = conn.Close()
		if !bytes.Contains(answer, []byte(" 40")) || bytes.Contains(answer, []byte("Date:")) || bytes.Contains(answer, []byte("nginx/")) {
			t.Errorf("%q: %s", request, answer)
		}
	}
}

func TestSiteServesWhatTheUserSent(t *testing.T) {
	r := open(t)
	content := t.TempDir()
	if err := os.Chmod(content, 0o755); err != nil {
		t.Fatal(err)
	}
	spec := launch(t, r, services.ContainerSpec{Definition: service(t, "site"), ContentDir: content})
	c := browser(r, spec)
	if _, page := get(t, c, "/"); !strings.Contains(page, "This is an onion site") {
		t.Errorf("without content: %s", page)
	}
	put := func(rev string, files map[string]string) {
		t.Helper()
		for name, text := range files {
			file := filepath.Join(content, rev, name)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		link := filepath.Join(content, "current")
		if err := os.Symlink(rev, link+".new"); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(link+".new", link); err != nil {
			t.Fatal(err)
		}
	}
	put("1", map[string]string{"index.html": `<!--# include virtual="/onion-until" -->first`, "a/index.html": "deep"})
	if _, page := get(t, c, "/"); page != `<!--# include virtual="/onion-until" -->first` {
		t.Errorf("first: %s", page)
	}
	if res, page := get(t, c, "/a"); page != "deep" || res.StatusCode != 200 {
		t.Errorf("folder: %s %s", res.Status, page)
	}
	if res, page := get(t, c, "/none"); res.StatusCode != 404 || !strings.Contains(page, "no such page") {
		t.Errorf("missing: %s %s", res.Status, page)
	}
	put("2", map[string]string{"paper.pdf": "%PDF-"})
	if res, page := get(t, c, "/"); res.StatusCode != 404 || strings.Contains(page, "paper.pdf") {
		t.Errorf("a folder without a page: %s %s", res.Status, page)
	}
	res, page := get(t, c, "/paper.pdf")
	if page != "%PDF-" || res.Header.Get("Content-Type") != "application/pdf" {
		t.Errorf("file: %v %s", res.Header, page)
	}
	if res.Header.Get("Last-Modified")+res.Header.Get("Etag")+res.Header.Get("Date") != "" {
		t.Errorf("it tells when it was made: %v", res.Header)
	}
}

func TestExpiryCutsLiveVisitors(t *testing.T) {
	r := open(t)
	content := t.TempDir()
	_ = os.Chmod(content, 0o755)
	big := filepath.Join(content, "current", "big")
	if err := os.MkdirAll(filepath.Dir(big), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(big, bytes.Repeat([]byte("onion"), 20<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(3 * time.Second)
	spec := launch(t, r, services.ContainerSpec{Definition: service(t, "site"), ContentDir: content, Deadline: deadline})
	conn, err := net.Dial("unix", r.Target(spec.ID, spec.Definition.Ports[0]))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(conn, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	// A visitor who reads slowly, so that the download is open at the end.
	buf := make([]byte, 4096)
	for err == nil {
		_, err = conn.Read(buf)
		time.Sleep(5 * time.Millisecond)
	}
	if late := time.Since(deadline); late < 0 || late > 5*time.Second {
		t.Errorf("the visitor was cut %v after the deadline", late)
	}
	if err := eventually(func() bool {
		c, err := r.Inspect(t.Context(), spec.ID)
		return err == nil && c.State == services.ContainerExited && c.Exit == services.ExitDeadline
	}); err != nil {
		t.Error(err)
	}
}
