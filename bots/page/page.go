// Package page turns what somebody sent in a message, words and files, into a
// web page.
package page

import (
	"bytes"
	"fmt"
	"html"
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
)

// Render makes a page of words in Markdown, with files below them. The result
// holds no script, no form and nothing that a browser would load from
// elsewhere: a picture from another server would tell that server who looks.
func Render(markdown string, files []File) ([]byte, error) {
	var body bytes.Buffer
	if err := goldmark.New(goldmark.WithExtensions(extension.GFM)).Convert([]byte(markdown), &body); err != nil {
		return nil, fmt.Errorf("render page: %w", err)
	}
	clean := policy().SanitizeBytes(body.Bytes())
	below, err := list(files)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, frame, html.EscapeString(title(markdown)), append(clean, below...)), nil
}

// policy allows text, links, tables, and pictures that came along in the same
// message.
func policy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowStandardURLs()
	p.AllowElements("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre", "code", "strong", "em", "del", "sup", "sub")
	p.AllowLists()
	p.AllowTables()
	p.AllowAttrs("href").OnElements("a")
	p.AllowRelativeURLs(true)
	p.RequireNoReferrerOnLinks(true)
	p.AllowAttrs("alt").OnElements("img")
	p.AllowAttrs("src").Matching(regexp.MustCompile(`^[\w.-]+$`)).OnElements("img")
	return p
}

// title is the first line with words in it.
func title(markdown string) string {
	for line := range strings.Lines(markdown) {
		line = strings.TrimSpace(strings.TrimLeft(line, "#*_>- \t"))
		if line == "" {
			continue
		}
		if runes := []rune(line); len(runes) > 60 {
			line = string(runes[:60]) + "…"
		}
		return line
	}
	return "A page"
}

const frame = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>%s</title>
<style>
:root{color-scheme:light dark}
body{font:1.1rem/1.6 Georgia,serif;max-width:40rem;margin:2rem auto;padding:0 1rem}
img{max-width:100%%}figure{margin:1.5rem 0}pre{overflow:auto}table{border-collapse:collapse}td,th{border:1px solid #8888;padding:.2em .6em}
</style>
%s
</html>
`
