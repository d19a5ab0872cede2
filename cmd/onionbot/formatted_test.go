package main

import (
	"archive/zip"
	"bytes"
	"testing"
	"unicode/utf16"

	"onionbot/bots/mastodon/mastodontest"
)

// entity marks the first occurrence of some words of a text, as Telegram
// counts: in UTF-16 units.
func entity(t *testing.T, text, words, kind string, more ...string) map[string]any {
	t.Helper()
	at := bytes.Index([]byte(text), []byte(words))
	if at < 0 {
		t.Fatalf("%q is not in %q", words, text)
	}
	e := map[string]any{"type": kind, "offset": len(utf16.Encode([]rune(text[:at]))), "length": len(utf16.Encode([]rune(words)))}
	for i := 0; i+1 < len(more); i += 2 {
		e[more[i]] = more[i+1]
	}
	return e
}

func TestFormattingOfTelegramIsThePages(t *testing.T) {
	w := newWire(t)
	text := "start site\n🎉 Come 🎉 at eight sharp, see the map\nquoted line\n\nfor x := range 3 {\n\n}\nThe end is secret, visit example.org"
	m := w.phone.Message(ann, text)
	m["entities"] = []map[string]any{
		entity(t, text, "at eight sharp", "bold"), entity(t, text, "eight", "italic"), entity(t, text, "the map", "text_link", "url", "https://example.org/map"),
		entity(t, text, "quoted line", "blockquote"), entity(t, text, "for x := range 3 {\n\n}", "pre", "language", "go"),
		entity(t, text, "secret", "spoiler"), entity(t, text, "example.org", "url"), entity(t, text, "start site", "bot_command"),
	}
	w.phone.Push("message", m)
	w.toPhone(1)
	has(t, w.page("ann"), "🎉 Come 🎉 <strong>at <em>eight</em> sharp</strong>, see <a href=\"https://example.org/map\"", "<blockquote><p>quoted line</p>",
		"<pre><code class=\"language-go\">for x := range 3 {\n\n}</code></pre>", `<span class="spoiler" tabindex="0">secret</span>`, `<a href="http://example.org"`, "!start site")
}

func TestATypedLinkAloneLeavesMarkdownAsItWasTyped(t *testing.T) {
	w := newWire(t)
	text := "start site\n# Meeting\nTonight at **eight**, https://example.org/"
	m := w.phone.Message(ann, text)
	m["entities"] = []map[string]any{entity(t, text, "https://example.org/", "url")}
	w.phone.Push("message", m)
	w.toPhone(1)
	has(t, w.page("ann"), "<h1>Meeting</h1>", "<strong>eight</strong>", `<a href="https://example.org/"`)
}

func TestFormattingUnderAPictureIsKeptToo(t *testing.T) {
	w := newWire(t)
	caption := "start site\nMissing cat"
	m := w.phone.FileMessage(ann, "cat.jpg", picture(t, 8), caption)
	m["caption_entities"] = []map[string]any{entity(t, caption, "cat", "underline")}
	w.phone.Push("message", m)
	w.toPhone(1)
	has(t, w.page("ann"), "Missing <u>cat</u>", `<img src="./cat.jpg"`)
}

func TestFormattingOfTheFediverseIsThePages(t *testing.T) {
	w := newWire(t)
	w.fedi.Publish(mastodontest.Toot{
		From: w.alice, Text: "@onionbot start site", Language: "de",
		HTML: `<p><a href="https://fedi.example/@onionbot" class="u-url mention">@onionbot</a> start site</p><h1>Treffen</h1><p>Heute um <strong>acht</strong>.<br>Bringt <em>Tee</em> mit, <a href="https://example.org/map">die Karte</a>.</p>` +
			`<ol><li>eins</li><li>zwei<ul><li>darin</li></ul></li></ol><blockquote><p>Nichts über uns ohne uns</p></blockquote><pre><code class="language-sh">curl x
y</code></pre><p>Ende</p>`,
	})
	w.toAlice(1)
	has(t, w.page("alice"), `<html lang="de">`, "<h1>Treffen</h1>", "<p>Heute um <strong>acht</strong>.<br>\nBringt <em>Tee</em> mit, <a href=\"https://example.org/map\"",
		">die Karte</a>.</p>", "<ol><li>eins</li>\n<li>zwei<ul><li>darin</li>", "<blockquote><p>Nichts über uns ohne uns</p>",
		"<pre><code class=\"language-sh\">curl x\ny</code></pre>", "<p>Ende</p>", "!start site", "!onionbot")
}

func TestTextFromRightToLeftRunsSo(t *testing.T) {
	w := newWire(t)
	w.phone.Type(ann, "start site\nسلام دنیا!")
	w.toPhone(1)
	has(t, w.page("ann"), `<html dir="rtl">`, `<p dir="rtl">سلام دنیا!</p>`)
	w.fedi.Publish(mastodontest.Toot{From: w.alice, Text: "@onionbot start site\nسلام دنیا!", Language: "fa"})
	w.toAlice(1)
	has(t, w.page("alice"), `<html lang="fa" dir="rtl">`)
}

func TestPastedHTMLIsThePageOrRefused(t *testing.T) {
	w := newWire(t)
	w.phone.Type(ann, "start site\n<h1>Hello</h1>")
	w.toPhone(1)
	has(t, w.page("ann"), "<h1>Hello</h1>")
	w.phone.Type(ann, "start site as raw\n<!doctype html><html><style>h1{color:red}</style><h1>Mine</h1></html>")
	w.toPhone(2)
	w.phone.Type(ann, "start site as none\n<script>alert(1)</script>")
	has(t, w.toPhone(3).Text, "Nothing is left to see of that HTML")
}

func TestWhatIsLeftOutAndRemovedIsSaid(t *testing.T) {
	w := newWire(t)
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for name, text := range map[string]string{"s/index.html": "<p>x", "s/.DS_Store": "x", "s/../../up": "x", "s/r.docx": "PK\x03\x04"} {
		f, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.Write([]byte(text))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	w.phone.SendFile(ann, "site.zip", buf.Bytes(), "start site")
	has(t, w.toPhone(1).Text, "as your system left it behind: .DS_Store", "Left out: s/../../up (the name leads out of the site)")

	photo := picture(t, 8)
	camera := []byte("\xff\xe1\x00\x2aExif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x0f\x01\x02\x00\x08\x00\x00\x00\x1a\x00\x00\x00\x00\x00\x00\x00Camera!\x00")
	photo = append(append(append([]byte(nil), photo[:2]...), camera...), photo[2:]...)
	w.phone.SendFile(ann, "cat.jpg", photo, "start site as cat")
	has(t, w.toPhone(2).Text, "I removed from 1 picture: camera", "keep metadata")
	w.phone.SendFile(ann, "cat.jpg", photo, "start site as raw keep metadata")
	has(t, w.toPhone(3).Text, "It shows cat.jpg", "!removed")
	w.phone.SendFile(ann, "photo.heic", []byte("\x00\x00\x00\x24ftypheic\x00\x00\x00\x00mif1heic"), "start site as phone")
	has(t, w.toPhone(4).Text, "photo.heic", "Send it as JPEG")
}
