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
	Description string // for those who cannot see it; "" for none
	Bytes       int64
	Picture     bool
}

// Link is the file's address, whatever is in its name.
func (f File) Link() template.URL {
	parts := strings.Split(f.Name, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return template.URL("./" + strings.Join(parts, "/")) //nolint:gosec // escaped element by element, below the page by its beginning
}

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
{{- range .}}{{if .Picture}}<figure><a href="{{.Link}}"><img src="{{.Link}}" alt="{{.Description}}"></a></figure>
{{end}}{{end}}
{{- range .}}{{if not .Picture}}<p class="file"><a href="{{.Link}}">{{.Name}}</a> <small>{{.Size}}</small>{{with .Description}}<br>{{.}}{{end}}</p>
{{end}}{{end}}`)) //nolint:gochecknoglobals // a constant template

// list is the files in HTML: pictures first, then the others as links.
func list(all []File) ([]byte, error) {
	var out bytes.Buffer
	if err := files.Execute(&out, all); err != nil {
		return nil, fmt.Errorf("render files: %w", err)
	}
	return out.Bytes(), nil
}
