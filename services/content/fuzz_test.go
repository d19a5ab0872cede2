package content_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"onionbot/services/content"
)

// stageInto stages one file and checks what must hold whatever it is: nothing
// outside, nothing left after a refusal, only plain files that may be served.
func stageInto(t *testing.T, f content.File) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "c")
	s, err := content.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	limits := content.DefaultLimits()
	limits.Bytes, limits.Files = 1<<20, 50
	staged, err := s.Stage(t.Context(), limits, delivery(f))
	if outside, e := filepath.Glob(filepath.Join(filepath.Dir(dir), "*")); e != nil || len(outside) != 1 {
		t.Fatalf("wrote outside: %v", outside)
	}
	if err != nil {
		if refusal(err) == nil {
			t.Fatalf("not a refusal: %v", err)
		}
		if left, _ := os.ReadDir(filepath.Join(dir, "staging")); len(left) != 0 {
			t.Fatalf("left behind: %v", left)
		}
		return
	}
	site := filepath.Join(staged, "site")
	if _, err := os.Stat(filepath.Join(site, "index.html")); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(site, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(d.Name(), ".") && d.Name() != ".well-known"
		if !d.IsDir() && !d.Type().IsRegular() || hidden {
			t.Fatalf("%q, %v, would be served", name, d.Type())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func FuzzStageNamesInAnArchive(f *testing.F) {
	for _, name := range []string{"a/b", "../x", "a/./b", `C:\x`, "\u202e/ü:.txt", ".\u200b./x", "index.html/x", ".git/x", "a.md"} {
		f.Add(name, "other", "body")
	}
	f.Fuzz(func(t *testing.T, name, other, body string) {
		if len(name)+len(other) > 60000 || strings.HasSuffix(name, "/") || strings.HasSuffix(other, "/") {
			t.Skip() // nothing can be packed under such names
		}
		stageInto(t, file("x.zip", archive(t, entry{name: name, body: body}, entry{name: other, body: `<a href="` + name + `">`})))
	})
}

func FuzzStageAnyBytes(f *testing.F) {
	zipped := archive(f, entry{name: "index.html", body: "<p>"}, entry{name: "../up", body: "x"}, entry{name: "img/a.png", body: png}, entry{name: "ü.md", body: "# x"})
	tarred := tarball(f, entry{name: "./s/index.htm", body: "<p>"}, entry{name: "./s/l", body: "/etc/passwd", mode: 1})
	for name, data := range map[string][]byte{
		"a.zip": zipped, "a.tar": tarred, "a.tgz": gz(f, tarred), "a.jpg": []byte(jpeg), "a.html": []byte("<p>x"), "a.md": []byte("# x"), "a.txt": []byte("\xff\xfea"),
		"..": []byte("x"), ".htaccess": []byte("x"), "a.docx": zipped,
	} {
		f.Add(name, data)
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) { stageInto(t, file(name, data)) })
}
