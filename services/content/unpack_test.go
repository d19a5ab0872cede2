package content_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"strings"
	"testing"

	"onionbot/services"
	"onionbot/services/content"
)

func refusal(err error) *services.Error {
	var e *services.Error
	if !errors.As(err, &e) || e.Code != services.CodeBadContent {
		return nil
	}
	return e
}

func tarball(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Mode: 0o644, Size: int64(len(e.body)), Typeflag: tar.TypeReg}
		if e.mode != 0 {
			h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, e.body, 0
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := w.Write([]byte(e.body)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func gz(t testing.TB, data []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	_, _ = w.Write(data)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestTarsAreUnpackedLikeZips(t *testing.T) {
	plain := tarball(t, entry{name: "./site/index.html", body: "<p>tar"}, entry{name: "./site/img/a.txt", body: "a"},
		entry{name: "./site/.DS_Store", body: "x"}, entry{name: "./site/l", body: "/etc/passwd", mode: 1})
	for name, data := range map[string][]byte{"site.tar": plain, "site.tgz": gz(t, plain)} {
		s, _ := open(t)
		shown := deliver(t, s, 1, delivery(file(name, data)))
		if got := read(t, s, "index.html") + read(t, s, "img/a.txt"); got != "<p>tara" {
			t.Errorf("%s: %q", name, got)
		}
		if shown.Files != 2 || len(shown.Remarks) != 2 || shown.Remarks[0].Reason != content.BadKind {
			t.Errorf("%s: %+v", name, shown)
		}
	}
}

func TestTarsHaveTheSameLimits(t *testing.T) {
	many := make([]entry, 2001)
	for i := range many {
		many[i] = entry{name: strings.Repeat("f", 1+i%90) + strings.Repeat("g", i/90), body: "x"}
	}
	zeros := strings.Repeat("\x00", 60<<20)
	for want, data := range map[string][]byte{
		content.TooMany: gz(t, tarball(t, many...)),
		content.Bomb:    gz(t, tarball(t, entry{name: "a", body: zeros})),
		content.BadName: tarball(t, entry{name: "../../x", body: "x"}),
		content.BadZip:  gz(t, tarball(t, entry{name: "a", body: strings.Repeat("abc", 4000)}))[:60],
		content.Empty:   tarball(t, entry{name: ".DS_Store", body: "x"}),
	} {
		s, _ := open(t)
		_, err := s.Stage(t.Context(), content.DefaultLimits(), delivery(file("x.tgz", data)))
		if e := refusal(err); e == nil || e.Args["reason"] != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestLockedArchivesAreNamedAsSuch(t *testing.T) {
	locked := archive(t, entry{name: "index.html", body: "<p>"})
	r, err := zip.NewReader(bytes.NewReader(locked), int64(len(locked)))
	if err != nil || len(r.File) != 1 {
		t.Fatal(err)
	}
	for _, magic := range []string{"PK\x03\x04", "PK\x01\x02"} { // the flag stands 6 and 8 bytes in
		at := bytes.Index(locked, []byte(magic))
		locked[at+map[string]int{"PK\x03\x04": 6, "PK\x01\x02": 8}[magic]] |= 1
	}
	s, _ := open(t)
	_, err = s.Stage(t.Context(), content.DefaultLimits(), delivery(file("x.zip", locked)))
	if e := refusal(err); e == nil || e.Args["reason"] != content.Encrypted {
		t.Errorf("%v", err)
	}
}

func TestDocumentsThatAreZipFilesStayWhole(t *testing.T) {
	for name, data := range map[string][]byte{
		"report.docx": archive(t, entry{name: "[Content_Types].xml", body: "<Types/>"}, entry{name: "docProps/core.xml", body: "<dc:creator>Some Author</dc:creator>"}),
		"report.bin":  archive(t, entry{name: "[Content_Types].xml", body: "<Types/>"}, entry{name: "word/document.xml", body: "<w/>"}),
		"book.epub":   archive(t, entry{name: "mimetype", body: "application/epub+zip"}),
		"text.odt":    archive(t, entry{name: "mimetype", body: "application/vnd.oasis.opendocument.text"}),
		"app.apk":     archive(t, entry{name: "AndroidManifest.xml", body: "x"}, entry{name: "classes.dex", body: "x"}),
		"lib.jar":     archive(t, entry{name: "META-INF/MANIFEST.MF", body: "x"}),
		"notes.gz":    gz(t, []byte("no tar in it")),
	} {
		s, _ := open(t)
		shown := deliver(t, s, 1, delivery(file(name, data)))
		if got := read(t, s, name); got != string(data) || shown.Files != 1 {
			t.Errorf("%s: %+v", name, shown)
		}
		if !strings.Contains(read(t, s, "index.html"), "document "+name) {
			t.Errorf("%s: no link to it", name)
		}
		if told := name == "report.docx"; told != (len(shown.Remarks) == 1 && shown.Remarks[0].Code == services.RemarkTold) {
			t.Errorf("%s: remarks %+v", name, shown.Remarks)
		}
	}
}
