package drop

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// owner answers under the secret path.
func (b *Box) owner(w http.ResponseWriter, r *http.Request, rest string) {
	switch number, n, ok := fileNumbers(rest); {
	case r.Method == http.MethodPost && rest == "delete":
		r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
		if number, err := strconv.Atoi(r.PostFormValue("drop")); err == nil {
			b.remove(number)
		}
		http.Redirect(w, r, "/"+b.o.Secret+"/", http.StatusSeeOther)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		b.missing(w)
	case rest == "" && !strings.HasSuffix(r.URL.Path, "/"):
		http.Redirect(w, r, "/"+b.o.Secret+"/", http.StatusSeeOther)
	case rest == "":
		b.showInside(w)
	case ok:
		b.download(w, r, number, n)
	default:
		b.missing(w)
	}
}

// fileNumbers reads "3/1/name": file 1 of drop 3.
func fileNumbers(rest string) (number, n int, ok bool) {
	parts := strings.SplitN(rest, "/", 3)
	if len(parts) < 2 {
		return 0, 0, false
	}
	number, err1 := strconv.Atoi(parts[0])
	n, err2 := strconv.Atoi(parts[1])
	return number, n, err1 == nil && err2 == nil
}

// download hands a file to the owner, as nothing that a browser would show.
func (b *Box) download(w http.ResponseWriter, r *http.Request, number, n int) {
	f, ok := b.find(number, n)
	if !ok {
		b.missing(w)
		return
	}
	content, err := os.Open(f.path)
	if err != nil {
		b.missing(w)
		return
	}
	defer content.Close()
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", "attachment; filename*=UTF-8''"+strings.ReplaceAll(url.PathEscape(f.name), "'", "%27"))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; frame-ancestors 'none'")
	http.ServeContent(w, r, "", time.Time{}, content)
}

// dropped is one drop as the owner sees it.
type dropped struct {
	Number int
	Ago    string
	Note   string
	Files  []given
}

type given struct {
	Path, Name string
	Size       int64
}

func (b *Box) showInside(w http.ResponseWriter) {
	var all []dropped
	for _, d := range b.list() {
		one := dropped{Number: d.number, Ago: ago(b.now().Sub(d.at))}
		for _, f := range d.files {
			if f.note {
				one.Note = b.text(f)
				continue
			}
			one.Files = append(one.Files, given{fmt.Sprintf("%d/%d/%s", d.number, f.number, url.PathEscape(f.name)), f.name, f.size})
		}
		all = append(all, one)
	}
	b.mu.Lock()
	used := b.used
	b.mu.Unlock()
	b.pages.inside.Show(w, http.StatusOK, "What was dropped", struct {
		Drops     []dropped
		Until     string
		Used, All int64
	}{all, b.ends(), used, b.o.Limits.All})
}

// text is what a note says.
func (b *Box) text(f file) string {
	in, err := os.Open(f.path)
	if err != nil {
		return ""
	}
	defer in.Close()
	text, _ := io.ReadAll(io.LimitReader(in, int64(b.o.Limits.Note)))
	return strings.ToValidUTF8(string(text), "\uFFFD")
}

func ago(d time.Duration) string {
	switch minutes := int(d / time.Minute); {
	case minutes < 1:
		return "just now"
	case minutes == 1:
		return "a minute ago"
	case minutes < 120:
		return fmt.Sprintf("%d minutes ago", minutes)
	default:
		return fmt.Sprintf("%d hours ago", minutes/60)
	}
}
