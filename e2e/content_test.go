package e2e

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pack makes a zip archive of files; a mode other than 0 makes a special one.
func pack(t *testing.T, mode fs.FileMode, files ...string) string {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for i := 0; i < len(files); i += 2 {
		h := &zip.FileHeader{Name: files[i], Method: zip.Deflate}
		if mode != 0 {
			h.SetMode(mode)
		}
		f, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

// sends gives a command together with a file.
func (b *bot) sends(name, data string, words ...string) (string, error) {
	b.t.Helper()
	b.write(name, data)
	defer os.Remove(filepath.Join(b.dir, name))
	return b.try(append([]string{"--file", filepath.Join(b.dir, name)}, words...)...)
}

func TestPageThatWasSentIsServedReplacedAndForgotten(t *testing.T) {
	t.Parallel()
	b := newBot(t, twoUsers)
	b.start()
	const first, second = "the first words nobody else has", "the second words nobody else has"
	out, err := b.sends("page.html", "<!doctype html><title>x</title><p>"+first, "start", "site", "for", "1h")
	if err != nil || !strings.Contains(out, "reachable") {
		t.Fatalf("%v: %s\n%s", err, out, b.log)
	}
	onion := address(t, out)
	if page := mustVisit(t, onion); !strings.Contains(page, first) {
		t.Fatalf("page: %.300s", page)
	}

	out, err = b.sends("site.zip", pack(t, 0, "site/index.html", "<p>"+second, "site/more/a.txt", "a"), "start", "site")
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	wait(t, 20*time.Second, "replaced", func() bool { return strings.Contains(mustVisit(t, onion), second) })
	if status := b.ctl("status", "site"); !strings.Contains(status, onion) {
		t.Errorf("not the same address: %s", status)
	}
	wait(t, 20*time.Second, "erased: the first page", func() bool { return len(b.holding(first)) == 0 })

	for name, data := range map[string]string{
		"climbs":  pack(t, 0, "../../escape.html", "x"),
		"is rude": pack(t, 0, "/etc/cron.d/x", "x"),
		"links":   pack(t, fs.ModeSymlink|0o777, "index.html", "/etc/passwd"),
		"bombs":   pack(t, 0, "index.html", strings.Repeat("\x00", 60<<20)),
		"breaks":  pack(t, 0, "index.html", "<p>x")[:40],
		"is none": "PK\x03\x04 this is not an archive",
		"crowds":  pack(t, 0, crowd(3000)...),
	} {
		out, err := b.sends("evil.zip", data, "start", "site")
		if err == nil || strings.TrimSpace(out) == "" || strings.Contains(out, "goroutine") || len(out) > 600 {
			t.Errorf("an archive that %s: %v, %.300q", name, err, out)
		}
	}
	if page := mustVisit(t, onion); !strings.Contains(page, second) {
		t.Errorf("page: %.300s", page)
	}
	if _, err := os.Stat(filepath.Join(b.dir, "state", "escape.html")); err == nil {
		t.Error("it climbed out")
	}

	b.ctl("stop", "site")
	b.wantEnded(onion, first, second)
	b.kill()
	b.wantForgotten(onion, first, second)
	b.start()
}

// TestFileWithoutItsCommandIsForgotten kills the bot when it has received a
// file and not yet the words that go with it.
func TestFileWithoutItsCommandIsForgotten(t *testing.T) {
	t.Parallel()
	b := newBot(t, twoUsers)
	b.start()
	const secret = "what nobody asked to publish"
	conn, err := net.Dial("unix", filepath.Join(b.dir, "run", "ctl.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	frames := fmt.Sprintf("{\"type\":\"hello\",\"mode\":\"ctl\"}\n{\"type\":\"file\",\"name\":\"a.html\",\"size\":%d}\n%s", len(secret), secret)
	if _, err := io.WriteString(conn, frames); err != nil {
		t.Fatal(err)
	}
	wait(t, 10*time.Second, "received", func() bool { return len(b.holding(secret)) == 1 })
	b.kill()
	if len(b.holding(secret)) != 1 {
		t.Fatal("the file went with the bot: this shows nothing")
	}
	b.start()
	b.wantForgotten(secret)
}

func crowd(n int) []string {
	var files []string
	for i := range n {
		files = append(files, fmt.Sprintf("%d.txt", i), "x")
	}
	return files
}

// holding returns the files of the installation that contain one of the texts.
func (b *bot) holding(texts ...string) []string {
	b.t.Helper()
	var found []string
	for _, dir := range []string{"state", "run"} {
		root, err := filepath.EvalSymlinks(filepath.Join(b.dir, dir))
		if err != nil {
			b.t.Fatal(err)
		}
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return nil
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return nil
			}
			for _, text := range texts {
				if bytes.Contains(data, []byte(text)) {
					found = append(found, path)
				}
			}
			return nil
		})
	}
	return found
}
