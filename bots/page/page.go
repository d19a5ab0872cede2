// Package page turns what somebody sent, words and files, into a web page. A
// page holds no script, no form and nothing that a browser would load from
// elsewhere: a picture from another server would tell that server who looks.
package page

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"strings"

	"golang.org/x/net/html"
)

// ErrNothing is the error of words that leave nothing to see: markup that is
// not taken over, without text in it.
var ErrNothing = errors.New("nothing to show is left")

// Content is what stands on a page, in this order.
type Content struct {
	Title    string // if neither words nor text begin with a line; may be empty
	Words    string // typed in a message: Markdown, with HTML in it or not; lines stay lines
	Text     string // of a text file
	Markdown bool   // Text is Markdown; otherwise its lines stay lines
	Files    []File
	Lang     string // of words and text, as the web names languages; "" if not known
}

// Render makes a page. The error is [ErrNothing], or a fault of ours.
func Render(c Content) ([]byte, error) {
	words, err := fromMarkdown(c.Words, typed)
	if err != nil {
		return nil, err
	}
	text, err := fromText(c)
	if err != nil {
		return nil, err
	}
	if c.Words+c.Text != "" && len(c.Files) == 0 && !visible(append(words, text...)) {
		return nil, ErrNothing
	}
	below, err := list(c.Files)
	if err != nil {
		return nil, err
	}
	body := bytes.Join([][]byte{words, text}, nil)
	right, anywhere := rightToLeft(body)
	v := view{Style: template.CSS(style), Lang: language(c.Lang, right), Title: title(body, c.Title)} //nolint:gosec // our own style sheet
	if anywhere {
		body = directed(body)
	}
	if right {
		v.Dir = "rtl"
	}
	v.Body = template.HTML(append(body, below...)) //nolint:gosec // sanitised, or made by a template
	var out bytes.Buffer
	if err := frame.Execute(&out, v); err != nil {
		return nil, fmt.Errorf("render page: %w", err)
	}
	return out.Bytes(), nil
}

func fromText(c Content) ([]byte, error) {
	switch {
	case strings.TrimSpace(c.Text) == "":
		return nil, nil
	case c.Markdown:
		return fromMarkdown(c.Text, written)
	}
	return plain(c.Text), nil
}

// plain is a text whose lines stay as they are.
func plain(text string) []byte {
	return fmt.Appendf(nil, "<div class=\"text\">%s</div>\n", html.EscapeString(strings.TrimSpace(text)))
}

// view is what the frame is filled with.
type view struct {
	Lang, Dir, Title string
	Style            template.CSS
	Body             template.HTML
}

//go:embed style.css
var style string

//go:embed frame.html
var frameText string

var frame = template.Must(template.New("frame").Parse(frameText)) //nolint:gochecknoglobals // a constant template

// visible reports whether there is something to see.
func visible(body []byte) bool {
	for z := html.NewTokenizer(bytes.NewReader(body)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return false
		case html.TextToken:
			if len(bytes.TrimSpace(z.Text())) > 0 {
				return true
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			if name, _ := z.TagName(); string(name) == "img" || string(name) == "hr" {
				return true
			}
		}
	}
}

// title is the first line of a body, or what is there instead.
func title(body []byte, instead string) string {
	line := firstLine(body)
	if line == "" {
		line = instead
	}
	if line == "" {
		return "Files"
	}
	if runes := []rune(line); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return line
}

// firstLine is the text up to the first end of a line that has some.
func firstLine(body []byte) string {
	var line strings.Builder
	for z := html.NewTokenizer(bytes.NewReader(body)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return strings.Join(strings.Fields(line.String()), " ")
		case html.TextToken:
			text, _, more := strings.Cut(strings.TrimLeft(string(html.UnescapeString(string(z.Text()))), "\n"), "\n")
			line.WriteString(text)
			if more && strings.TrimSpace(line.String()) != "" {
				return strings.Join(strings.Fields(line.String()), " ")
			}
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			if !inline(string(name)) && strings.TrimSpace(line.String()) != "" {
				return strings.Join(strings.Fields(line.String()), " ")
			}
		}
	}
}

func inline(element string) bool {
	switch element {
	case "strong", "em", "b", "i", "u", "s", "del", "ins", "code", "a", "span", "sup", "sub", "mark", "small", "kbd", "q", "cite", "abbr":
		return true
	}
	return false
}
