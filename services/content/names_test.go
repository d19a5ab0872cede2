package content_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"

	"onionbot/services"
	"onionbot/services/content"
)

// raw packs names as they are, without the mark that they are UTF-8.
func raw(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, e := range entries {
		f, err := w.CreateHeader(&zip.FileHeader{Name: e.name, NonUTF8: true})
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

func cp437(t *testing.T, s string) string {
	t.Helper()
	out, err := charmap.CodePage437.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// served is whether a visitor who asks for exactly this name gets the file.
func served(s *content.Store, name string) (string, bool) {
	data, err := os.ReadFile(filepath.Join(s.Dir(id), "current", name))
	return string(data), err == nil
}

// nameCase is an archive and what is served of it, by name.
type nameCase struct {
	what string
	zip  []byte
	want map[string]string
}

func nameCases(t *testing.T) []nameCase {
	t.Helper()
	long := strings.Repeat("ü", 200)
	return []nameCase{
		{
			"a Mac's screenshot", archive(t, entry{name: "Screenshot 2025-06-16 at 7.24.08\u202fPM.txt", body: "x"}, entry{name: "b", body: "y"}),
			map[string]string{"Screenshot 2025-06-16 at 7.24.08 PM.txt": "x", "Screenshot 2025-06-16 at 7.24.08\u202fPM.txt": "x"},
		},
		{
			"a clock time", archive(t, entry{name: "from 14:23:45.txt", body: "x"}, entry{name: "b", body: "y"}),
			map[string]string{"from 14-23-45.txt": "x", "from 14:23:45.txt": "x"},
		},
		{"dot and slash", archive(t, entry{name: "./index.html", body: "<p>"}, entry{name: "./a.txt", body: "x"}), map[string]string{"a.txt": "x"}},
		{"backslashes", archive(t, entry{name: `img\a.txt`, body: "x"}, entry{name: "b", body: "y"}), map[string]string{"img/a.txt": "x"}},
		{
			"CP437", raw(t, entry{name: "Seite/index.html", body: "<p>"}, entry{name: cp437(t, "Seite/Über uns.html"), body: "x"}, entry{name: cp437(t, "Seite/Straße.txt"), body: "y"}),
			map[string]string{"Über uns.html": "x", "Straße.txt": "y", cp437(t, "Über uns.html"): "x"},
		},
		{"UTF-8 without a mark", raw(t, entry{name: "über.txt", body: "x"}, entry{name: "b", body: "y"}), map[string]string{"über.txt": "x"}},
		{
			"decomposed", archive(t, entry{name: norm.NFD.String("über.txt"), body: "x"}, entry{name: "b", body: "y"}),
			map[string]string{"über.txt": "x", norm.NFD.String("über.txt"): "x"},
		},
		{
			"composed, asked for by a Mac", archive(t, entry{name: "über/a.txt", body: "x"}, entry{name: "b", body: "y"}),
			map[string]string{norm.NFD.String("über/a.txt"): "x"},
		},
		{
			"two cases", archive(t, entry{name: "Main_Page.txt", body: "1"}, entry{name: "Main_page.txt", body: "2"}),
			map[string]string{"Main_Page.txt": "1", "Main_page.txt": "2"},
		},
		{
			"invisible and turning characters", archive(t, entry{name: "a\u200bb\u202Egpj.txt", body: "x"}, entry{name: "c\x07d.txt", body: "y"}),
			map[string]string{"abgpj.txt": "x", "cd.txt": "y"},
		},
		{
			"too long a name", archive(t, entry{name: long + ".txt", body: "x"}, entry{name: "b", body: "y"}),
			map[string]string{strings.Repeat("ü", 125) + ".txt": "x"},
		},
		{
			"240 bytes", archive(t, entry{name: strings.Repeat("n", 236) + ".txt", body: "x"}, entry{name: "b", body: "y"}),
			map[string]string{strings.Repeat("n", 236) + ".txt": "x"},
		},
		{
			"long endings of one name", archive(t, entry{name: "a." + strings.Repeat("e", 253), body: "1"}, entry{name: "a." + strings.Repeat("e", 253) + "\u200b", body: "2"}),
			map[string]string{"a." + strings.Repeat("e", 253): "1", "a." + strings.Repeat("e", 251) + "-2": "2"},
		},
		{
			"cleaned to one name", archive(t, entry{name: "a b.txt", body: "1"}, entry{name: "a\u00a0b.txt", body: "2"}),
			map[string]string{"a b.txt": "1", "a b-2.txt": "2"},
		},
	}
}

func TestNamesAreCleanedNotRefused(t *testing.T) {
	for _, tt := range nameCases(t) {
		t.Run(tt.what, func(t *testing.T) {
			s, _ := open(t)
			shown := deliver(t, s, 1, delivery(file("site.zip", tt.zip)))
			if len(shown.Remarks) > 0 {
				t.Errorf("remarks: %+v", shown.Remarks)
			}
			for name, want := range tt.want {
				if got, ok := served(s, name); !ok || got != want {
					t.Errorf("%q: %q, %t", name, got, ok)
				}
			}
		})
	}
}

func TestLinksOpenHoweverTheyAreSpelt(t *testing.T) {
	nfd := norm.NFD.String
	s, _ := open(t)
	page := `<meta charset=utf-8><a href="` + nfd("größe.html") + `"><img src="IMG/Photo.JPG"><img srcset="img/photo.jpg 1x, Img/photo.jpg 2x">` +
		`<a href="%C3%BCber%20uns.html?x#y"><style>body{background:url('BACK.png')}</style><a href="../../etc/passwd"><a href="/Sub/A.html"><a href=".DS_Store">`
	deliver(t, s, 1, delivery(file("site.zip", archive(t, entry{name: "index.html", body: page}, entry{name: "größe.html", body: "1"},
		entry{name: "img/photo.jpg", body: "2"}, entry{name: "Über\u00a0uns.html", body: "3"}, entry{name: "back.PNG", body: "4"},
		entry{name: "sub/a.html", body: `<a href="../IMG/PHOTO.jpg">`}))))
	for name, want := range map[string]string{
		nfd("größe.html"): "1", "IMG/Photo.JPG": "2", "Img/photo.jpg": "2", "über uns.html": "3", "BACK.png": "4", "Sub/A.html": `<a href="../IMG/PHOTO.jpg">`,
		"IMG/PHOTO.jpg": "2",
	} {
		if got, ok := served(s, name); !ok || got != want {
			t.Errorf("%q: %q, %t", name, got, ok)
		}
	}
	if shown := s.Shown(id, 1); shown.Files != 6 {
		t.Errorf("%d files are told, 6 came", shown.Files)
	}
}

func TestOneBadFileDoesNotSinkTheRest(t *testing.T) {
	s, dir := open(t)
	shown := deliver(t, s, 1, delivery(file("site.zip", archive(t,
		entry{name: "index.html", body: "<p>"}, entry{name: "../up.txt", body: "x"}, entry{name: "/etc/passwd", body: "x"}, entry{name: `C:\x.txt`, body: "x"},
		entry{name: "l", body: "/etc/passwd", mode: fs.ModeSymlink | 0o777}, entry{name: "a.txt", body: "1"}, entry{name: "a.txt", body: "2"}, entry{name: "a.txt/b", body: "3"},
		entry{name: strings.Repeat("d/", 40) + "f", body: "x"},
	))))
	want := []services.Remark{
		{Code: services.RemarkLeftOut, Reason: content.BadKind, Names: []string{"l"}},
		{Code: services.RemarkLeftOut, Reason: content.BadName, Names: []string{"../up.txt", "/etc/passwd", `C:\x.txt`}},
		{Code: services.RemarkLeftOut, Reason: content.TooDeep, Names: []string{strings.Repeat("d/", 40) + "f"}},
		{Code: services.RemarkLeftOut, Reason: content.Twice, Names: []string{"a.txt", "a.txt/b"}},
	}
	if !slices.EqualFunc(shown.Remarks, want, func(a, b services.Remark) bool {
		return a.Code == b.Code && a.Reason == b.Reason && slices.Equal(a.Names, b.Names)
	}) {
		t.Errorf("remarks: %+v", shown.Remarks)
	}
	if got, _ := served(s, "a.txt"); got != "1" || shown.Files != 2 {
		t.Errorf("a.txt is %q; %d files", got, shown.Files)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(dir), "up.txt")); err == nil {
		t.Error("a file was written outside")
	}
}

func TestARefusalNamesTheFile(t *testing.T) {
	for name, data := range map[string][]byte{
		"../up.txt": archive(t, entry{name: "../up.txt", body: "x"}),
		"zeros":     archive(t, entry{name: "a", body: "x"}, entry{name: "zeros", body: strings.Repeat("\x00", 8<<20)}),
		"x.7z":      []byte("7z\xBC\xAF\x27\x1C\x00\x04"),
	} {
		s, _ := open(t)
		_, err := s.Stage(t.Context(), content.DefaultLimits(), delivery(file("x.7z", data)))
		if e := refusal(err); e == nil || e.Args["file"] != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatSystemsLeaveBehindIsDroppedAndTold(t *testing.T) {
	s, _ := open(t)
	shown := deliver(t, s, 1, delivery(file("site.zip", archive(t,
		entry{name: "mysite/index.html", body: "<p>"}, entry{name: "mysite/.DS_Store", body: "x"}, entry{name: ".DS_Store", body: "x"},
		entry{name: "__MACOSX/mysite/._index.html", body: "x"}, entry{name: "mysite/._a", body: "x"}, entry{name: "mysite/img/Thumbs.db", body: "x"},
		entry{name: "desktop.ini", body: "x"}, entry{name: "mysite/.git/config", body: "x"}, entry{name: "mysite/.env", body: "x"},
		entry{name: "mysite/.well-known/security.txt", body: "kept"},
	))))
	want := []string{".DS_Store", "__MACOSX", "._ files", "Thumbs.db", "desktop.ini", ".git", ".env"}
	if len(shown.Remarks) != 1 || shown.Remarks[0].Code != services.RemarkLeftovers || !slices.Equal(shown.Remarks[0].Names, want) {
		t.Errorf("remarks: %+v", shown.Remarks)
	}
	for name, kept := range map[string]bool{"index.html": true, ".well-known/security.txt": true, ".git/config": false, ".env": false, ".DS_Store": false, "desktop.ini": false} {
		if _, ok := served(s, name); ok != kept {
			t.Errorf("%s is served: %t", name, ok)
		}
	}
}

func TestTheExtraFieldForNamesIsBelievedIfItFits(t *testing.T) {
	for want, name := range map[string]string{"größe.txt": cp437(t, "grosse.txt"), "other.txt": "other.txt"} {
		extra := []byte{0x75, 0x70, byte(5 + len("größe.txt")), 0, 1}
		extra = binary.LittleEndian.AppendUint32(extra, crc32.ChecksumIEEE([]byte("grosse.txt")))
		extra = append(extra, "größe.txt"...)
		var buf bytes.Buffer
		w := zip.NewWriter(&buf)
		for i, h := range []*zip.FileHeader{{Name: name, NonUTF8: true, Extra: extra}, {Name: "b"}} {
			f, err := w.CreateHeader(h)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = f.Write([]byte{byte('0' + i)})
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		s, _ := open(t)
		deliver(t, s, 1, delivery(file("x.zip", buf.Bytes())))
		if got, ok := served(s, want); !ok || got != "0" {
			t.Errorf("%s: %q", want, got)
		}
	}
}
