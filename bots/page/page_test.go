package page_test

import (
	"errors"
	"strings"
	"testing"

	"onionbot/bots/page"
)

func render(t *testing.T, markdown string) string {
	t.Helper()
	out, err := page.Render(page.Content{Words: markdown})
	if errors.Is(err, page.ErrNothing) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestMarkdownBecomesAPage(t *testing.T) {
	got := render(t, "# Meeting\n\nTonight at **eight**.\n\n- bring tea\n\n[map](https://example.org/map)\n\n![plan](plan.png)")
	for _, want := range []string{
		"<title>Meeting</title>", "<h1>Meeting</h1>", "<strong>eight</strong>", "<li>bring tea</li>",
		`href="https://example.org/map"`, "noreferrer", `<img src="plan.png" alt="plan"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in:\n%s", want, got)
		}
	}
}

func TestNothingIsLoadedFromElsewhereAndNothingRuns(t *testing.T) {
	hostile := []string{
		"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))",
		"![t](https://tracker.example/p.png)", "![t](//tracker.example/p.png)", "<iframe src='https://tracker.example'></iframe>",
		"<link rel=stylesheet href=https://tracker.example/a.css>", "<form action=https://tracker.example><input></form>",
		"<style>body{background:url(https://tracker.example)}</style>", "<video src=https://tracker.example/v></video>",
		"<svg onload=alert(1)>", "<meta http-equiv=refresh content='0;url=https://tracker.example'>", "<base href=https://tracker.example>",
	}
	for _, markdown := range hostile {
		got := render(t, markdown)
		_, body, _ := strings.Cut(got, "</style>")
		for _, bad := range []string{"<script", "onerror", "onload", "javascript:", "tracker.example", "<iframe", "<form", "<meta http", "<base"} {
			if strings.Contains(body, bad) {
				t.Errorf("%q became %q", markdown, body)
			}
		}
	}
}

func TestTextRunsAsItsLettersDo(t *testing.T) {
	got := render(t, "سلام دنیا!\n\n- یک\n- دو\n\n> نقل\n\nand in English\n\n    code")
	for _, want := range []string{`<html dir="rtl">`, `<p dir="rtl">سلام`, `<ul dir="rtl">`, `<li dir="rtl">یک`, `<blockquote dir="rtl">`, `<p dir="ltr">and`, "<pre><code>code"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in:\n%s", want, got)
		}
	}
	if plain := render(t, "hello\n\n- one"); strings.Contains(plain, "dir=") || strings.Contains(plain, "lang=") {
		t.Errorf("a direction or a language that nobody knows:\n%s", plain)
	}
	out, err := page.Render(page.Content{Words: "salut", Lang: "fr"})
	if err != nil || !strings.Contains(string(out), `<html lang="fr">`) {
		t.Errorf("%s %v", out, err)
	}
}

func TestLinesStayLines(t *testing.T) {
	if got := render(t, "Demo\nSaturday 14:00\nMain Street 5"); !strings.Contains(got, "<p>Demo<br>\nSaturday 14:00<br>\nMain Street 5</p>") {
		t.Errorf("typed: %s", got)
	}
	out, err := page.Render(page.Content{Text: "Demo\n  <Saturday>\n\nMain Street 5\n"})
	if err != nil || !strings.Contains(string(out), "<div class=\"text\">Demo\n  &lt;Saturday&gt;\n\nMain Street 5</div>") {
		t.Errorf("a text file: %s %v", out, err)
	}
}

func TestPastedHTMLIsShownOrRefusedNeverEmpty(t *testing.T) {
	for words, want := range map[string]string{
		"<h1>Hello</h1>":                             "<h1>Hello</h1>",
		"<div><b>tea</b> at <i>eight</i></div>":      "<b>tea</b> at <i>eight</i>",
		"come <u>all</u>":                            "come <u>all</u>",
		"<center><font color=red>Hi</font></center>": "Hi",
	} {
		if got := render(t, words); !strings.Contains(got, want) {
			t.Errorf("%s became:\n%s", words, got)
		}
	}
	for _, words := range []string{"<script>alert(1)</script>", "<!-- nothing -->", "<video src=x></video>"} {
		if _, err := page.Render(page.Content{Words: words}); !errors.Is(err, page.ErrNothing) {
			t.Errorf("%s: %v", words, err)
		}
	}
	if !page.Whole("<!DOCTYPE html>\n<html><body><h1>x</h1></body></html>") || !page.Whole("<html><p>x</html>") || page.Whole("<h1>x</h1>") || page.Whole("about <html>") {
		t.Error("whole pages are told from pieces wrongly")
	}
}

func TestMarkdownFilesLinkToEachOthersPages(t *testing.T) {
	out, err := page.Render(page.Content{Markdown: true, Text: "# One\n\n[two](two.md) [there](sub/x.md#part) [up](#one) [out](https://example.org/a.md)\n![p](img/a%20b.png)\n![t](https://tracker.example/p.png)\n- [x] done"})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`href="two.html"`, `href="sub/x.html#part"`, `href="https://example.org/a.md"`, `src="img/a%20b.png"`, `<h1 id="one">`, `type="checkbox"`} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}
	if strings.Contains(string(out), "tracker") {
		t.Errorf("a picture from elsewhere: %s", out)
	}
}

func TestMarkdownThatNobodyWritesIsShownAsText(t *testing.T) {
	if got := render(t, strings.Repeat("> ", 5000)+"x"); !strings.Contains(got, "&gt; &gt;") || strings.Contains(got, "<blockquote") {
		t.Errorf("%.200s", got)
	}
	if got := render(t, "> > > quoted\n\n- a\n  - b\n    - c\n\nx\n"+strings.Repeat("-", 80)+"\n\n"+strings.Repeat("*", 80)); !strings.Contains(got, "<blockquote") || !strings.Contains(got, "<li>c") || !strings.Contains(got, "<hr") {
		t.Errorf("what people write is not read: %s", got)
	}
}
