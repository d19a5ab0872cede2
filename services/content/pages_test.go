package content_test

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"onionbot/services/content"
)

func TestTheFirstPageIsFoundWhateverItIsCalled(t *testing.T) {
	for want, files := range map[string][]entry{
		"<p>htm":                                 {{name: "index.htm", body: "<p>htm"}, {name: "style.css", body: "b{}"}},
		"<p>capital":                             {{name: "Index.HTML", body: "<p>capital"}, {name: "other.html", body: "<p>"}},
		`url=./a%20b/page.html"`:                 {{name: "a b/page.html", body: "<p>deep"}, {name: "a.txt", body: "x"}, {name: "c.txt", body: "x"}},
		`url=./docs/index.html"`:                 {{name: "docs/index.html", body: "<p>deep"}, {name: "docs/b.html", body: "<p>deep"}, {name: "LICENSE", body: "x"}},
		"<p>nested":                              {{name: "site/site/index.html", body: "<p>nested"}, {name: "site/site/a.txt", body: "x"}, {name: "site/.DS_Store", body: "x"}},
		"<p>default":                             {{name: "default.htm", body: "<p>default"}, {name: "other.html", body: "<p>"}},
		"<p>lone":                                {{name: "Aufruf.html", body: "<p>lone"}, {name: "Aufruf-Dateien/a.html", body: "frame"}, {name: "404.html", body: "<p>"}},
		"text of README.md, markdown true: # Hi": {{name: "README.md", body: "# Hi"}, {name: "a.txt", body: "x"}},
		"document a.html ()\ndocument b.html ()": {{name: "a.html", body: "<p>"}, {name: "b.html", body: "<p>"}},
	} {
		s, _ := open(t)
		deliver(t, s, 1, delivery(file("site.zip", archive(t, files...))))
		if got := read(t, s, "index.html"); !strings.Contains(got, want) {
			t.Errorf("want %q, the page is %q", want, got)
		}
	}
}

func TestFoldersOpenAndMissingPagesAreTheSitesOwn(t *testing.T) {
	s, _ := open(t)
	deliver(t, s, 1, delivery(file("site.zip", archive(t, entry{name: "index.html", body: "<p>"}, entry{name: "blog/Index.htm", body: "<p>blog"}, entry{name: "404.HTM", body: "<p>lost"}))))
	if got := read(t, s, "blog/index.html") + read(t, s, "404.html"); got != "<p>blog<p>lost" {
		t.Errorf("%q", got)
	}
}

func TestMarkdownIsAPageWithItsPictures(t *testing.T) {
	s, _ := open(t)
	deliver(t, s, 1, delivery(file("notes.md", []byte("# Meeting\n\nTonight."))))
	if got := read(t, s, "index.html"); got != "\ntext of notes.md, markdown true: # Meeting\n\nTonight.\n" {
		t.Errorf("alone: %q", got)
	}
	deliver(t, s, 2, delivery(file("x.zip", archive(t, entry{name: "readme.md", body: "# Hi\n![plan](plan.png) [more](more.md)"},
		entry{name: "plan.png", body: "x"}, entry{name: "more.md", body: "more"}, entry{name: "paper.pdf", body: "%PDF-"}))))
	got := read(t, s, "index.html")
	if !strings.Contains(got, "# Hi") || strings.Contains(got, "picture plan.png") || !strings.Contains(got, "document paper.pdf") {
		t.Errorf("in an archive: %q", got)
	}
	if more := read(t, s, "more.html"); !strings.Contains(more, "markdown true: more") {
		t.Errorf("the page of more.md: %q", more)
	}
}

func TestPagesKeepTheirCharacterSetAndTextsBecomeUTF8(t *testing.T) {
	latin, err := charmap.ISO8859_1.NewEncoder().String(`<meta charset="iso-8859-1">Grüße`)
	if err != nil {
		t.Fatal(err)
	}
	windows, err := charmap.Windows1251.NewEncoder().String("Привет, как дела? Всё хорошо.")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, body, want string }{
		{"latin.html", latin, latin},
		{"marked.html", "<meta charset=utf-8>Grüße", "<meta charset=utf-8>Grüße"},
		{"unmarked.html", "<p>Grüße", "\ufeff<p>Grüße"},
		{"plain.html", "<p>hello", "<p>hello"},
		{"windows.txt", windows, "Привет, как дела? Всё хорошо."},
		{"utf16.txt", "\xff\xfeH\x00i\x00", "Hi"},
		{"bom.txt", "\ufeffHi", "Hi"},
	} {
		s, _ := open(t)
		deliver(t, s, 1, delivery(file("site.zip", archive(t, entry{name: tt.name, body: tt.body}, entry{name: "b", body: "x"}))))
		if got := read(t, s, tt.name); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestFilesOfOneNameInOneDeliveryAreBothServed(t *testing.T) {
	s, _ := open(t)
	deliver(t, s, 1, delivery(file("a.txt", []byte("1")), file("a.txt", []byte("2"))))
	if got := read(t, s, "a.txt") + read(t, s, "a-2.txt"); got != "12" {
		t.Errorf("%q", got)
	}
}

func TestAPictureForNoBrowserIsLeftOutOfAnAlbum(t *testing.T) {
	s, _ := open(t)
	shown := deliver(t, s, 1, delivery(file("a.png", []byte(png)), file("b.heic", []byte("\x00\x00\x00\x24ftypheic\x00\x00\x00\x00mif1heic"))))
	if len(shown.Remarks) != 1 || shown.Remarks[0].Reason != content.HEIC || shown.Files != 1 {
		t.Errorf("%+v", shown)
	}
}

func TestTooMuchMarkdownIsShownAsText(t *testing.T) {
	s, _ := open(t)
	body := strings.Repeat("# x\n", 12<<10)
	var files []entry
	for i := range 12 {
		files = append(files, entry{name: string(rune('a'+i)) + ".md", body: body})
	}
	deliver(t, s, 1, delivery(file("x.zip", archive(t, files...))))
	if got := read(t, s, "a.html"); !strings.Contains(got, "markdown true") {
		t.Errorf("the first: %.80s", got)
	}
	if got := read(t, s, "l.html"); !strings.Contains(got, "markdown false") {
		t.Errorf("the last: %.80s", got)
	}
}
