package share

import (
	_ "embed"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"onionbot/services/app/page"
	"onionbot/services/app/server"
)

// Where things are.
const (
	archivePath = "/all.zip"
	archiveName = "files.zip"
	filesPath   = "/files/"
)

//go:embed page.html
var pageText string

//go:embed plain.html
var plainText string

var (
	filesPage = page.New(pageText)  //nolint:gochecknoglobals // never changes
	plainPage = page.New(plainText) //nolint:gochecknoglobals // never changes
)

// plain is a page that says one thing.
type plain struct {
	Title, Text string
	Home        bool // with a link to the first page
}

// ServeHTTP answers a visitor.
func (s *share) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		say(w, http.StatusMethodNotAllowed, plain{Title: "Nothing can be sent here", Text: "This address only hands out files.", Home: true})
		return
	case s.tally.isOver():
		say(w, http.StatusGone, plain{Title: "It has been downloaded", Text: "Everything was downloaded as often as it was meant to be. This address is closing for good."})
		return
	}
	rev := s.shelf.now()
	switch {
	case r.URL.Path == "/":
		s.home(w, rev)
	case rev != nil && r.URL.Path == archivePath && rev.all() != nil:
		s.giveAll(w, r, rev)
	case rev != nil && strings.HasPrefix(r.URL.Path, filesPath) && rev.find(r.URL.Path[len(filesPath):]) >= 0:
		s.giveFile(w, r, rev, rev.find(r.URL.Path[len(filesPath):]))
	default:
		say(w, http.StatusNotFound, plain{Title: "There is no such file here", Text: "It may have been replaced or taken off.", Home: true})
	}
}

func say(w http.ResponseWriter, status int, p plain) { plainPage.Show(w, status, p.Title, p) }

// row is one file on the page.
type row struct {
	Name, Link string
	Bytes      int64
}

// home lists the files.
func (s *share) home(w http.ResponseWriter, rev *revision) {
	data := struct {
		Note, Until, Archive string
		Rows                 []row
		Bytes                int64
		Left                 int
	}{Until: s.until(), Archive: archivePath, Left: s.tally.remaining()}
	if rev != nil {
		data.Note, data.Bytes = rev.note, rev.bytes()
		for _, f := range rev.files {
			data.Rows = append(data.Rows, row{Name: f.name, Link: filesPath + escape(f.name), Bytes: f.size})
		}
		go rev.all() // so that nobody waits for it
	}
	title := "Files to download"
	if len(data.Rows) == 0 {
		title = "Nothing here yet"
	}
	filesPage.Show(w, http.StatusOK, title, data)
}

func (s *share) giveAll(w http.ResponseWriter, r *http.Request, rev *revision) {
	a, open := rev.all(), &opened{}
	defer open.close()
	d := &download{
		tally: s.tally, item: s.tally.archive(rev, a.size), size: a.size,
		read: func(b []byte, at int64) (int, error) { return a.readAt(b, at, open) },
	}
	give(w, r, archiveName, a.tag, d)
}

func (s *share) giveFile(w http.ResponseWriter, r *http.Request, rev *revision, i int) {
	f, open := rev.files[i], &opened{}
	defer open.close()
	d := &download{
		tally: s.tally, item: s.tally.file(rev, i), size: f.size,
		read: func(b []byte, at int64) (int, error) { return open.readAt(f, b, at) },
	}
	give(w, r, path.Base(f.name), f.tag, d)
}

// give answers with a download, or with the part of it that is asked for.
func give(w http.ResponseWriter, r *http.Request, name, tag string, d *download) {
	h := w.Header()
	kind := mime.TypeByExtension(path.Ext(name))
	if kind == "" || strings.HasPrefix(kind, "text/") { // whose character set nobody knows
		kind = "application/octet-stream"
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", attachment(name))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "no-cache") // a browser may go on with what it has
	h.Set("Etag", tag)
	if r.Method == http.MethodGet {
		server.Watch(w, r, func(delivered bool) { d.tally.ended(d.item, d.sent, delivered) })
	}
	http.ServeContent(w, r, "", time.Time{}, d)
}

// attachment has a browser store the file under its name, and an old one under
// what it can read of it.
func attachment(name string) string {
	old := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\\%`, r) {
			return '_'
		}
		return r
	}, name)
	full := strings.NewReplacer(":", "%3A", "=", "%3D", "@", "%40").Replace(url.PathEscape(name))
	return `attachment; filename="` + old + `"; filename*=UTF-8''` + full
}

// escape is a name as a link, every element by itself.
func escape(name string) string {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}
