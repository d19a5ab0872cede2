package content_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"onionbot/services"
	"onionbot/services/content"
)

const id = "abcdefghijkl"

func open(t *testing.T) (*content.Store, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "content")
	s, err := content.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s, dir
}

func file(name string, data []byte) content.File {
	return content.File{Name: name, Read: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(data)), nil
	}}
}

func delivery(files ...content.File) content.Delivery {
	return content.Delivery{Files: files, Pages: plainPages{}}
}

// plainPages name the words, the text and the files, each on a line. What real
// pages look like is package page's business.
type plainPages struct{}

func (plainPages) Page(p content.Page) ([]byte, error) {
	out := p.Words + "\n"
	if p.Text != "" {
		out += fmt.Sprintf("text of %s, markdown %t: %s\n", p.Title, p.Markdown, strings.TrimSpace(p.Text))
	}
	for _, i := range p.Files {
		out += fmt.Sprintf("%s %s (%s)\n", i.Kind, i.Name, i.Description)
	}
	return []byte(out), nil
}

type entry struct {
	name string
	body string
	mode fs.FileMode
}

func archive(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.body == "" {
			h.Method = zip.Store
		}
		if e.mode != 0 {
			h.SetMode(e.mode)
		}
		f, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(e.body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func read(t *testing.T, s *content.Store, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(s.Dir(id), "current", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func show(t *testing.T, s *content.Store, rev int, files ...content.File) {
	t.Helper()
	staged, err := s.Stage(t.Context(), content.DefaultLimits(), delivery(files...))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Adopt(id, rev, staged); err != nil {
		t.Fatal(err)
	}
	if err := s.Show(id, rev); err != nil {
		t.Fatal(err)
	}
}

func TestWhatWasSentIsShownAndReplacedAndErased(t *testing.T) {
	s, dir := open(t)
	show(t, s, 1, file("my page.HTM", []byte("<h1>one</h1>")))
	if got := read(t, s, "index.html"); got != "<h1>one</h1>" {
		t.Errorf("one HTML file: index is %q", got)
	}
	show(t, s, 2, file("site.zip", archive(t,
		entry{name: "mysite/"}, entry{name: "mysite/index.html", body: "two"},
		entry{name: "mysite/img/a.png", body: "png"}, entry{name: "__MACOSX/mysite/._a", body: "x"})))
	if got := read(t, s, "index.html") + read(t, s, "img/a.png"); got != "twopng" {
		t.Errorf("a packed folder: %q", got)
	}
	if _, err := os.Stat(filepath.Join(s.Dir(id), "1")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the first revision is still there: %v", err)
	}
	show(t, s, 3, file("cat.png", []byte("\x89PNG\x0d\x0a\x1a\x0a....")))
	if got := read(t, s, "index.html"); !strings.Contains(got, "picture cat.png") {
		t.Errorf("a picture: index is %q", got)
	}
	if err := s.Erase(id); err != nil {
		t.Fatal(err)
	}
	if ids, err := s.List(); err != nil || len(ids) != 0 {
		t.Errorf("after erasing: %v, %v", ids, err)
	}
	left := 0
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, _ error) error {
		if !d.IsDir() {
			left++
		}
		return nil
	})
	if left != 0 {
		t.Errorf("%d files left after erasing", left)
	}
}

func TestHostileDeliveriesAreRefusedAndNothingStays(t *testing.T) {
	many := make([]entry, 100_000)
	for i := range many {
		many[i] = entry{name: fmt.Sprintf("f%d", i)}
	}
	limits := content.DefaultLimits()
	tests := []struct {
		name   string
		data   []byte
		reason string
	}{
		{"up and out", archive(t, entry{name: "../../etc/passwd", body: "x"}), content.BadName},
		{"up in the middle", archive(t, entry{name: "a/../../b", body: "x"}), content.BadName},
		{"absolute", archive(t, entry{name: "/etc/passwd", body: "x"}), content.BadName},
		{"backslashes", archive(t, entry{name: `..\..\x`, body: "x"}), content.BadName},
		{"drive letter", archive(t, entry{name: `C:\x`, body: "x"}), content.BadName},
		{"symlink", archive(t, entry{name: "l", body: "/etc/passwd", mode: fs.ModeSymlink | 0o777}), content.BadKind},
		{"device", archive(t, entry{name: "d", mode: fs.ModeDevice | 0o666}), content.BadKind},
		{"fifo", archive(t, entry{name: "p", mode: fs.ModeNamedPipe | 0o666}), content.BadKind},
		{"deep", archive(t, entry{name: strings.Repeat("d/", 40) + "f", body: "x"}), content.TooDeep},
		{"bomb", archive(t, entry{name: "zeros", body: strings.Repeat("\x00", 8<<20)}), content.Bomb},
		{"100,000 entries", archive(t, many...), content.TooMany},
		{"empty archive", archive(t), content.Empty},
		{"only folders", archive(t, entry{name: "a/"}, entry{name: "b/"}), content.Empty},
		{"broken archive", []byte("PK\x03\x04 and then nothing"), content.BadZip},
		{"too big", bytes.Repeat([]byte("a"), int(limits.Packed)+1), content.TooBig},
		{"7z", []byte("7z\xBC\xAF\x27\x1C\x00\x04"), content.Packing},
		{"rar", []byte("Rar!\x1a\x07\x01\x00"), content.Packing},
		{"xz", []byte("\xfd7zXZ\x00\x00\x04"), content.Packing},
		{"heic", []byte("\x00\x00\x00\x24ftypheic\x00\x00\x00\x00mif1heic"), content.HEIC},
		{"only leftovers", archive(t, entry{name: ".DS_Store", body: "x"}, entry{name: "__MACOSX/._a", body: "x"}), content.Empty},
		{"program", []byte("\x7fELF\x02\x01\x01\x00\x00\x00"), content.Unsupported},
		{"nothing", nil, content.Empty},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, dir := open(t)
			_, err := s.Stage(t.Context(), limits, delivery(file("x", tt.data)))
			var e *services.Error
			if !errors.As(err, &e) || e.Code != services.CodeBadContent || e.Args["reason"] != tt.reason {
				t.Fatalf("error %v, want reason %s", err, tt.reason)
			}
			left, err := os.ReadDir(filepath.Join(dir, "staging"))
			if err != nil || len(left) != 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

func TestADeliveryThatEndsEarlySaysWhy(t *testing.T) {
	tooBig := services.E(services.CodeBadContent, "reason", content.TooBig)
	for want, cause := range map[string]error{content.Incomplete: errors.New("connection reset"), content.TooBig: tooBig} {
		for at, read := range map[string]func(context.Context) (io.ReadCloser, error){
			"at once": func(context.Context) (io.ReadCloser, error) { return nil, cause },
			"halfway": func(context.Context) (io.ReadCloser, error) {
				return io.NopCloser(io.MultiReader(strings.NewReader("<h1>"), iotest.ErrReader(cause))), nil
			},
		} {
			s, _ := open(t)
			_, err := s.Stage(t.Context(), content.DefaultLimits(), delivery(content.File{Name: "a.html", Read: read}))
			var e *services.Error
			if !errors.As(err, &e) || e.Args["reason"] != want {
				t.Errorf("%v %s: %v, want reason %s", cause, at, err, want)
			}
		}
	}
}

func TestWhatAnInterruptedDeliveryLeftIsErasedAtTheNextStart(t *testing.T) {
	s, dir := open(t)
	if _, err := s.Stage(t.Context(), content.DefaultLimits(), delivery(file("a.txt", []byte("secret words")))); err != nil {
		t.Fatal(err)
	}
	if _, err := content.Open(dir); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(filepath.Join(dir, "staging")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
