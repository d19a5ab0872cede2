package page

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
)

// dialect is how Markdown is read.
type dialect int

const (
	typed   dialect = iota // in a message: lines stay lines
	written                // in a file: lines of a paragraph run on, and headings can be linked to
)

// fromMarkdown makes sanitised HTML of Markdown. HTML in it is HTML, as far as
// it is harmless: pasted pages are not empty pages.
func fromMarkdown(markdown string, d dialect) ([]byte, error) {
	if strings.TrimSpace(markdown) == "" {
		return nil, nil
	}
	if deep.MatchString(markdown) {
		return plain(markdown), nil
	}
	options := []renderer.Option{html.WithUnsafe()} // what it lets through is sanitised below
	var parsing []parser.Option
	if d == typed {
		options = append(options, html.WithHardWraps())
	} else if strings.Contains(markdown, "](#") { // a table of contents
		parsing = append(parsing, parser.WithAutoHeadingID())
	}
	reader := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(options...), goldmark.WithParserOptions(parsing...))
	var body bytes.Buffer
	if err := reader.Convert([]byte(markdown), &body); err != nil {
		return nil, fmt.Errorf("render page: %w", err)
	}
	clean := policy().SanitizeBytes(body.Bytes())
	if d == written {
		clean = toMarkdown.ReplaceAll(clean, []byte(`href="$1.html$2"`))
	}
	return clean, nil
}

// deep matches quotes and lists inside each other that nobody writes; the time
// that Markdown takes grows with the square of their depth.
var deep = regexp.MustCompile(`(?m)^(?:[ \t]*(?:>|[-*+][ \t]|\d{1,9}[.)][ \t])){40}`)

// toMarkdown matches links to other Markdown files, which have pages too.
var toMarkdown = regexp.MustCompile(`href="([^":?#]+)\.(?:md|markdown)((?:#[^"]*)?)"`)

// policy allows text, links, tables, and pictures that came along.
func policy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowStandardURLs()
	p.AllowURLSchemes("http", "https", "mailto", "tel", "xmpp", "matrix", "magnet", "geo")
	p.AllowElements("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "div", "blockquote", "pre", "code", "strong", "em", "b", "i", "u", "s",
		"del", "ins", "mark", "small", "sup", "sub", "kbd", "q", "cite", "abbr", "dl", "dt", "dd", "figure", "figcaption", "details", "summary")
	p.AllowLists()
	p.AllowTables()
	p.AllowAttrs("href").OnElements("a")
	p.AllowRelativeURLs(true)
	p.RequireNoReferrerOnLinks(true)
	p.AllowAttrs("alt").OnElements("img")
	p.AllowAttrs("src").Matching(regexp.MustCompile(`^(?:\./|/)?[^:/\\\s]+(?:/[^:/\\\s]+)*$`)).OnElements("img")
	p.AllowAttrs("id").Matching(regexp.MustCompile(`^[\w-]+$`)).OnElements("h1", "h2", "h3", "h4", "h5", "h6")
	p.AllowAttrs("dir").Matching(regexp.MustCompile(`^(?:rtl|ltr|auto)$`)).Globally()
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^language-[\w+#.-]+$`)).OnElements("code")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^spoiler$`)).OnElements("span")
	p.AllowAttrs("tabindex").Matching(regexp.MustCompile(`^0$`)).OnElements("span")
	p.AllowAttrs("type").Matching(regexp.MustCompile(`^checkbox$`)).OnElements("input") // of task lists
	p.AllowAttrs("checked", "disabled").Matching(regexp.MustCompile(`^$`)).OnElements("input")
	return p
}
