package chat

import (
	_ "embed"
	"html/template"

	"onionbot/services/app/page"
)

//go:embed style.css
var style string

//go:embed live.js
var script string

//go:embed door.html
var doorHTML string

//go:embed room.html
var roomHTML string

//go:embed say.html
var sayHTML string

//go:embed log.html
var logHTML string

const missingHTML = `<h1>There is no such page here.</h1>
<p><a href="/">To the room</a></p>
`

// pages are what visitors see.
type pages struct {
	door, room, missing *page.Template
	say                 *template.Template // stands in a frame
	log                 *template.Template // begins a page that goes on
	framed              string             // the policy of what stands in a frame
}

func newPages() pages {
	own := page.Extra{Style: style, Script: script}
	framed := page.Extra{Style: style, Framed: true}
	return pages{
		door: page.New(doorHTML), missing: page.New(missingHTML),
		room: page.New(roomHTML).With(own, "connect-src 'self'", "frame-src 'self'"),
		say:  inFrame("say", sayHTML), log: inFrame("log", logHTML),
		framed: framed.Policy(),
	}
}

func inFrame(name, text string) *template.Template {
	t := template.New(name).Funcs(template.FuncMap{
		"style": page.Style,
		"own":   func() template.CSS { return template.CSS(style) }, //nolint:gosec // our own
	})
	return template.Must(t.Parse(text))
}

// door is what the page before the room shows.
type door struct {
	Until, Problem, Name, Key string
	Here, Lines               int
}

// inside is what the room's page shows.
type inside struct {
	Until, Name, Tag, Key string
	Here, Hue, Most       int
}

// words is what the frame to write in shows.
type words struct {
	Key, Text, Problem string
	Most               int
	Out                bool // the visitor is not in the room
}

// log is what the frame to read in begins with.
type log struct {
	Refresh int // seconds from the end of the page
	Problem string
	Out     bool
}

// shown is one line as a page shows it.
type shown struct {
	Number int    `json:"-"`
	Name   string `json:"name"`
	Tag    string `json:"tag"`
	Text   string `json:"text"`
	Hue    int    `json:"hue"`
	Pause  string `json:"pause,omitempty"`
	Me     bool   `json:"me,omitempty"`
}

// hue is the colour of a tag.
func hue(tag string) int {
	sum := 0
	for _, b := range []byte(tag) {
		sum = sum*31 + int(b)
	}
	return sum % 6
}
