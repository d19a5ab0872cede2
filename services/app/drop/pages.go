package drop

import (
	_ "embed"
	"net/http"

	"onionbot/services/app/page"
)

//go:embed style.css
var style string

//go:embed progress.js
var script string

//go:embed form.html
var formHTML string

//go:embed thanks.html
var thanksHTML string

//go:embed inside.html
var insideHTML string

const missingHTML = `<h1>There is no such page here.</h1>
<p><a href="/">To the first page</a></p>
`

// pages are what visitors and the owner see.
type pages struct{ form, thanks, inside, missing *page.Template }

func newPages() pages {
	return pages{
		form:   page.New(formHTML).With(page.Extra{Style: style, Script: script}, "connect-src 'self'"),
		thanks: page.New(thanksHTML), missing: page.New(missingHTML),
		inside: page.New(insideHTML).With(page.Extra{Style: style}),
	}
}

// showForm shows the page to leave something on, with what was wrong before.
func (b *Box) showForm(w http.ResponseWriter, status int, problem string) {
	b.pages.form.Show(w, status, "Drop something", struct {
		Limits
		Problem, Until string
		Full           bool
	}{b.o.Limits, problem, b.ends(), b.full()})
}
