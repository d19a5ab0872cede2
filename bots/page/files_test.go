package page_test

import (
	"strings"
	"testing"

	"onionbot/bots/page"
)

func TestWordsStandAboveWhatCameAlong(t *testing.T) {
	out, err := page.Render(page.Content{Words: "Missing cat", Files: []page.File{
		{Name: "report.pdf", Bytes: 2_400_000},
		{Name: "photo-1.jpg", Kind: page.Picture, Description: `a "grey" cat`},
	}})
	if err != nil {
		t.Fatal(err)
	}
	got := string(out)
	words, picture, document := strings.Index(got, "<p>Missing cat</p>"), strings.Index(got, `<img src="./photo-1.jpg"`), strings.Index(got, `href="./report.pdf"`)
	if words < 0 || words > picture || picture > document {
		t.Errorf("words at %d, picture at %d, document at %d in:\n%s", words, picture, document, got)
	}
	for _, want := range []string{"<title>Missing cat</title>", `alt="a &#34;grey&#34; cat"`, "2.4 MB"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in:\n%s", want, got)
		}
	}
}

func TestNamesOpenWhateverIsInThem(t *testing.T) {
	for name, link := range map[string]string{
		"Track #3.mp3":     `href="./Track%20%233.mp3"`,
		"a?b.txt":          `href="./a%3Fb.txt"`,
		"100%.txt":         `href="./100%25.txt"`,
		"x/y z.txt":        `href="./x/y%20z.txt"`,
		`"><script>.txt`:   `href="./%22%3E%3Cscript%3E.txt"`,
		"javascript:x.txt": `href="./javascript:x.txt"`,
	} {
		out, err := page.Render(page.Content{Files: []page.File{{Name: name}}})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(out), link) || strings.Contains(string(out), "<script>") {
			t.Errorf("%q: no %q in:\n%s", name, link, out)
		}
	}
}
