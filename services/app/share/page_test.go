package share

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPageListsFilesAndNothingElse(t *testing.T) {
	x := newStand(t, -1, nil)
	if res, page := x.get("/"); res.StatusCode != 200 || !strings.Contains(string(page), "Nothing here yet") || strings.Contains(string(page), archivePath) {
		t.Errorf("empty: %s %s", res.Status, page)
	}
	x.show(map[string]string{"100% <b>?.txt": "123456", "ﬁle#1.jpg": "x"})
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("of the host"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(x.dir, "1", "site", "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(x.dir, "1", "words.txt"), []byte("for <you>\nand me"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, page := x.get("/")
	for _, want := range []string{"100% &lt;b&gt;?.txt", "/files/100%25%20%3Cb%3E%3F.txt", "6 bytes", "Download all 2 files", "7 bytes", "Monday", "for &lt;you&gt;"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("no %q in %s", want, page)
		}
	}
	for _, bad := range []string{"<b>", "link", "<script", "http://", "https://"} {
		if strings.Contains(strings.ReplaceAll(string(page), `<link rel="icon" href="data:,">`, ""), bad) {
			t.Errorf("%q in %s", bad, page)
		}
	}
	if res, body := x.get("/files/100%25%20%3Cb%3E%3F.txt"); string(body) != "123456" || res.Header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("%v %s", res.Header, body)
	}
	for _, path := range []string{"/files/link", "/files/../words.txt", "/files/%2e%2e/words.txt", "/words.txt", "/files/", "/files", "//etc/passwd"} {
		if res, body := x.get(path); res.StatusCode != http.StatusNotFound || strings.Contains(string(body), "of the host") {
			t.Errorf("%s: %s %s", path, res.Status, body)
		}
	}
}

func TestAnswersTellNothingOfTheHost(t *testing.T) {
	x := newStand(t, -1, map[string]string{"a.html": "<script>", "b": "x"})
	for _, path := range []string{"/", archivePath, "/files/a.html", "/none"} {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodOptions} {
			res := x.ask(method, path)
			_ = res.Body.Close()
			for _, name := range []string{"Date", "Last-Modified", "Server", "Set-Cookie"} {
				if v := res.Header.Get(name); v != "" {
					t.Errorf("%s %s: %s %q", method, path, name, v)
				}
			}
			for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"} {
				if res.Header.Get(name) == "" {
					t.Errorf("%s %s: no %s", method, path, name)
				}
			}
			if method == http.MethodPost && res.StatusCode != http.StatusMethodNotAllowed {
				t.Errorf("%s: %s", path, res.Status)
			}
		}
	}
	res := x.ask(http.MethodHead, "/files/a.html")
	_ = res.Body.Close()
	if d := res.Header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment;") {
		t.Errorf("a page of somebody's is opened: %q", d)
	}
}
