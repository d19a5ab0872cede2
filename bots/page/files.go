package page

import (
	"bytes"
	"fmt"
	"html/template"
	"net/url"
	"strings"
)

// File is one file that came along and stands on the page.
type File struct {
	Name        string // path below the page
	Target      string // another path that opens for it; "" for Name
	Description string // for those who cannot see it; "" for none
	Bytes       int64
	Kind        Kind
}

// Kind is how a file is shown.
type Kind string

// The kinds; every other one is a link.
const (
	Picture Kind = "picture"
	Sound   Kind = "sound"
	Film    Kind = "film"
)

// Link is the address of what opens for the file, whatever is in its name.
func (f File) Link() template.URL {
	if f.Target != "" {
		return link(f.Target)
	}
	return link(f.Name)
}

// Source is the address of the file itself.
func (f File) Source() template.URL { return link(f.Name) }

func link(name string) template.URL {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return template.URL("./" + strings.Join(parts, "/")) //nolint:gosec // escaped element by element, below the page by its beginning
}

// Alt is what stands for a picture where it cannot be seen.
func (f File) Alt() string {
	if f.Description != "" {
		return f.Description
	}
	return f.Name
}

// Seen reports whether the file is shown, not linked.
func (f File) Seen() bool { return f.Kind == Picture || f.Kind == Sound || f.Kind == Film }

// Size is the file's size as people read it.
func (f File) Size() string {
	switch {
	case f.Bytes < 1000:
		return fmt.Sprintf("%d bytes", f.Bytes)
	case f.Bytes < 1_000_000:
		return fmt.Sprintf("%d kB", (f.Bytes+500)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(f.Bytes)/1_000_000)
}

var files = template.Must(template.New("files").Parse(`
{{- with .Seen}}<div class="gallery">
{{range .}}<figure>
{{- if eq .Kind "picture"}}<a href="{{.Link}}"><img src="{{.Source}}" alt="{{.Alt}}" loading="lazy"></a>{{with .Description}}<figcaption dir="auto">{{.}}</figcaption>{{end}}
{{- else if eq .Kind "film"}}<video src="{{.Source}}" controls preload="metadata"></video><figcaption dir="auto"><a href="{{.Link}}">{{.Alt}}</a></figcaption>
{{- else}}<audio src="{{.Source}}" controls preload="none"></audio><figcaption dir="auto"><a href="{{.Link}}">{{.Alt}}</a></figcaption>{{end}}</figure>
{{end}}</div>
{{end}}
{{- with .Linked}}<ul class="files">
{{range .}}<li><a href="{{.Link}}" dir="auto">{{.Name}}</a> <small>{{.Size}}</small>{{with .Description}} <p dir="auto">{{.}}</p>{{end}}</li>
{{end}}</ul>
{{end}}`)) //nolint:gochecknoglobals // a constant template

// list is the files in HTML: what can be seen or heard first, then the others
// as links.
func list(all []File) ([]byte, error) {
	var parts struct{ Seen, Linked []File }
	for _, f := range all {
		if f.Seen() {
			parts.Seen = append(parts.Seen, f)
		} else {
			parts.Linked = append(parts.Linked, f)
		}
	}
	var out bytes.Buffer
	if err := files.Execute(&out, parts); err != nil {
		return nil, fmt.Errorf("render files: %w", err)
	}
	return out.Bytes(), nil
}
