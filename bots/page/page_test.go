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
