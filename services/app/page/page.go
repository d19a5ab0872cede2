// Package page makes the pages of onionbot's own apps: one family with the
// page of a site that nobody has filled. They need no script, load nothing
// from elsewhere, and read well in the dark, on a phone and aloud.
package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
)

//go:embed frame.html
var frame string

//go:embed style.css
var style string

// Extra is what pages have of their own beside the family's style: their own
// text, loaded from nowhere.
type Extra struct {
	Style  string
	Script string // runs before the page is shown; the page works without it
	Framed bool   // the page stands in a frame of another one of the same address
}

// Template is a page without its contents.
type Template struct {
	whole  *template.Template
	extra  Extra
	policy string // "" for the server's
}

// New makes a template of what stands inside main, which is written for
// html/template. A definition of "head" in it stands in the page's head. It
// panics on a template that cannot be: they are part of the program.
func New(body string) *Template {
	t := template.Must(template.New("frame").Funcs(template.FuncMap{"size": Size}).Parse(frame))
	template.Must(t.New("body").Parse(body))
	return &Template{whole: t}
}

// With returns the page with something of its own, and with the policy that
// allows it. more are further directives.
func (t *Template) With(e Extra, more ...string) *Template {
	return &Template{t.whole, e, e.Policy(more...)}
}

// Show answers with the page. The answer to a HEAD has no body but its length.
func (t *Template) Show(w http.ResponseWriter, status int, title string, data any) {
	var out bytes.Buffer
	err := t.whole.Execute(&out, struct {
		Title  string
		Style  template.CSS
		Own    template.CSS
		Script template.JS
		Data   any
	}{title, Style(), template.CSS(t.extra.Style), template.JS(t.extra.Script), data}) //nolint:gosec // our own
	if err != nil {
		http.Error(w, "This page cannot be shown.", http.StatusInternalServerError)
		return
	}
	if t.policy != "" {
		w.Header().Set("Content-Security-Policy", t.policy)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(out.Len()))
	w.WriteHeader(status)
	_, _ = out.WriteTo(w)
}

// Style is the family's style sheet.
func Style() template.CSS { return template.CSS(style) } //nolint:gosec // our own

// Policy is a Content-Security-Policy that allows what the pages here need:
// their style sheet, pictures and forms of their own. more are further
// directives, like "script-src 'self'".
func Policy(more ...string) string { return Extra{}.Policy(more...) }

// Policy is the same with what is the page's own.
func (e Extra) Policy(more ...string) string {
	styles, ancestors := digest(style), "'none'"
	if e.Style != "" {
		styles += " " + digest(e.Style)
	}
	if e.Framed {
		ancestors = "'self'"
	}
	p := "default-src 'none'; style-src " + styles + "; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors " + ancestors
	if e.Script != "" {
		more = append([]string{"script-src " + digest(e.Script)}, more...)
	}
	for _, m := range more {
		p += "; " + m
	}
	return p
}

// digest is how a policy names a text that stands in the page.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// Size writes a number of bytes as people read it: "14.2 MB".
func Size(n int64) string {
	const k = 1000
	switch {
	case n == 1:
		return "1 byte"
	case n < k:
		return fmt.Sprintf("%d bytes", n)
	case n < 999_500:
		return fmt.Sprintf("%d kB", (n+k/2)/k)
	case n < 999_950_000:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}
