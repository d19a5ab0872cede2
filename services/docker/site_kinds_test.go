package docker

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"

	"onionbot/bots/page"
	"onionbot/services"
	"onionbot/services/content"
)

// pages makes pages as the program does.
type pages struct{}

func (pages) Page(p content.Page) ([]byte, error) {
	c := page.Content{Title: p.Title, Words: p.Words, Text: p.Text, Markdown: p.Markdown}
	for _, i := range p.Files {
		c.Files = append(c.Files, page.File{Name: i.Name, Target: i.Link, Bytes: i.Bytes, Kind: page.Kind(i.Kind)})
	}
	return page.Render(c)
}

// upload shows a delivery at an instance, as revision rev.
func upload(t *testing.T, store *content.Store, id string, rev int, words, name string, data []byte) {
	t.Helper()
	d := content.Delivery{Words: words, Pages: pages{}}
	if data != nil {
		d.Files = []content.File{{Name: name, Read: func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(data)), nil
		}}}
	}
	staged, err := store.Stage(t.Context(), content.DefaultLimits(), d)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Adopt(id, rev, staged); err != nil {
		t.Fatal(err)
	}
	if err := store.Show(id, rev); err != nil {
		t.Fatal(err)
	}
}

func packed(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for name, text := range files {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// visit is what a visitor asks for and gets.
type visit struct {
	path   string
	status int
	kind   string // Content-Type
	body   string // contained in the body
}

// kindsServed is what a visitor gets of the first upload.
func kindsServed() []visit {
	return []visit{
		{"/", 200, "text/html", "<p>first"},
		{"/about", 200, "text/html", "about"},
		{"/nothing", 404, "text/html", "no such page"},
		{"/.git/config", 404, "text/html", "no such page"},
		{"/%2egit/config", 404, "", "no such page"},
		{"/.DS_Store", 404, "", ""},
		{"/.well-known/security.txt", 200, "text/plain; charset=utf-8", "Contact:"},
		{"/img/", 404, "", "no such page"},
		{"/app.mjs", 200, "text/javascript", "x"},
		{"/m.wasm", 200, "application/wasm", "x"},
		{"/a.webmanifest", 200, "application/manifest+json", ""},
		{"/t.csv", 200, "text/csv; charset=utf-8", "ü"},
		{"/r.md", 200, "text/markdown; charset=utf-8", "# ü"},
		{"/r", 200, "text/html", "<h1"},
		{"/s.opus", 200, "audio/ogg", ""},
		{"/s.flac", 200, "audio/flac", ""},
		{"/p.avif", 200, "image/avif", ""},
		{"/b.epub", 200, "application/epub+zip", ""},
		{"/c.ics", 200, "text/calendar; charset=utf-8", ""},
		{"/d.jsonld", 200, "application/ld+json", ""},
		{"/e.apk", 200, "application/vnd.android.package-archive", ""},
		{"/plain.txt", 200, "text/plain; charset=utf-8", "ü"},
		{"/%C3%BCber.html", 200, "", "found"},
		{"/u%CC%88ber.html", 200, "", "found"},
		{"/Main_Page.html", 200, "", "1"},
		{"/Main_page.html", 200, "", "2"},
		{"/Track%20%233%3F%20100%25.mp3", 200, "audio/mpeg", "song"},
	}
}

func TestSiteServesTheKindsOfThingsThatPeopleSend(t *testing.T) {
	r := open(t)
	dir := t.TempDir()
	store, err := content.Open(filepath.Join(dir, "content"))
	if err != nil {
		t.Fatal(err)
	}
	id := freshID()
	upload(t, store, id, 1, "", "x.zip", packed(t, map[string]string{
		"mysite/index.html": "<p>first", "mysite/.DS_Store": "x", "mysite/.git/config": "secret", "mysite/.well-known/security.txt": "Contact:",
		"mysite/about.html": "about", "mysite/app.mjs": "x", "mysite/m.wasm": "x", "mysite/a.webmanifest": "{}", "mysite/t.csv": "ü", "mysite/r.md": "# ü",
		"mysite/s.opus": "x", "mysite/s.flac": "x", "mysite/p.avif": "x", "mysite/b.epub": "x", "mysite/c.ics": "x", "mysite/d.jsonld": "{}", "mysite/e.apk": "x",
		"mysite/" + norm.NFD.String("über.html"): "found", "mysite/Main_Page.html": "1", "mysite/Main_page.html": "2", "mysite/img/a.txt": "x",
		"mysite/Track #3? 100%.mp3": "song", "mysite/plain.txt": "ü",
	}))
	spec := launch(t, r, services.ContainerSpec{ID: id, Definition: service(t, "site"), ContentDir: store.Dir(id)})
	check := func(visits []visit) {
		t.Helper()
		c := browser(r, spec)
		for _, v := range visits {
			res, body := get(t, c, v.path)
			if res.StatusCode != v.status || v.kind != "" && res.Header.Get("Content-Type") != v.kind || !strings.Contains(body, v.body) {
				t.Errorf("%s: %s %q %q", v.path, res.Status, res.Header.Get("Content-Type"), body)
			}
		}
	}
	check(kindsServed())
	upload(t, store, id, 2, "", "x.zip", packed(t, map[string]string{"Index.HTM": "<p>second", "404.html": "<p>lost", "sub/default.htm": "<p>sub"}))
	check([]visit{
		{"/", 200, "text/html", "<p>second"}, {"/nothing", 404, "text/html", "<p>lost"}, {"/sub/", 200, "", "<p>sub"}, {"/about", 404, "", "<p>lost"},
	})
	latin, err := charmap.ISO8859_1.NewEncoder().String(`<html><head><meta charset="iso-8859-1"></head><body>Grüße`)
	if err != nil {
		t.Fatal(err)
	}
	upload(t, store, id, 3, "", "latin1.html", []byte(latin))
	check([]visit{{"/", 200, "text/html", latin}})
	upload(t, store, id, 4, "", "list.zip", packed(t, map[string]string{"Track #3?.mp3": "song", "notes & more.pdf": "%PDF-"}))
	check([]visit{
		{"/", 200, "text/html", `href="./Track%20%233%3F.mp3"`},
		{"/", 200, "", `href="./notes%20&amp;%20more.pdf"`},
		{"/Track%20%233%3F.mp3", 200, "", "song"},
		{"/notes%20&%20more.pdf", 200, "application/pdf", "%PDF-"},
	})
	upload(t, store, id, 5, "سلام دنیا!", "", nil)
	check([]visit{{"/", 200, "text/html", `dir="rtl"`}})
}
