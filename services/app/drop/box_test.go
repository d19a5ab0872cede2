package drop

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

const secret = "abcdefghijklmnopqrstuvwxyz"

// newBox is a box with small limits.
func newBox(t *testing.T, change func(*Options)) *Box {
	t.Helper()
	o := Options{
		Dir: t.TempDir(), Secret: secret,
		Limits: Limits{File: 50_000, Drop: 80_000, All: 120_000, Files: 3, Drops: 4, Note: 100, Uploads: 2},
	}
	if change != nil {
		change(&o)
	}
	return New(o)
}

// field is one field of a form; one with a name is a file.
type field struct{ field, name, text string }

func form(t *testing.T, fields ...field) (body *bytes.Buffer, kind string) {
	t.Helper()
	body = &bytes.Buffer{}
	w := multipart.NewWriter(body)
	for _, f := range fields {
		var part io.Writer
		var err error
		if f.field == "file" {
			part, err = w.CreateFormFile(f.field, f.name)
		} else {
			part, err = w.CreateFormField(f.field)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(part, f.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return body, w.FormDataContentType()
}

// send drops something.
func send(t *testing.T, b *Box, fields ...field) *httptest.ResponseRecorder {
	t.Helper()
	body, kind := form(t, fields...)
	req := httptest.NewRequest(http.MethodPost, "/", body)
	req.Header.Set("Content-Type", kind)
	w := httptest.NewRecorder()
	b.Visitors().ServeHTTP(w, req)
	return w
}

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

// keepsNothing fails if anything is left of an upload.
func keepsNothing(t *testing.T, b *Box) {
	t.Helper()
	left := ""
	for limit := time.Now().Add(20 * time.Second); time.Now().Before(limit); time.Sleep(5 * time.Millisecond) {
		files, err := os.ReadDir(b.o.Dir)
		if err != nil {
			t.Fatal(err)
		}
		b.mu.Lock()
		left = fmt.Sprintf("%d files, %d bytes, %d drops, %d uploads", len(files), b.used, len(b.drops), len(b.uploads))
		b.mu.Unlock()
		if left == "0 files, 0 bytes, 0 drops, 0 uploads" {
			return
		}
	}
	t.Errorf("left: %s", left)
}

func TestWhatIsDroppedOnlyTheOwnerCanFetch(t *testing.T) {
	news := 0
	b := newBox(t, func(o *Options) { o.News = func() { news++ } })
	w := send(t, b, field{"note", "", "read <b>this</b>"}, field{"file", "a.html", "<script>1</script>"}, field{"file", "b.bin", strings.Repeat("b", 9000)})
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "2 files and a note came in whole") || news != 1 {
		t.Fatalf("%d, %d news: %s", w.Code, news, w.Body)
	}
	inside := get(b.Visitors(), "/"+secret+"/")
	for _, want := range []string{`href="1/2/a.html"`, `href="1/3/b.bin"`, "9 kB", "read &lt;b&gt;this"} {
		if !strings.Contains(inside.Body.String(), want) {
			t.Errorf("no %s: %s", want, inside.Body)
		}
	}
	file := get(b.Visitors(), "/"+secret+"/1/2/a.html")
	if file.Body.String() != "<script>1</script>" {
		t.Errorf("%q", file.Body)
	}
	h := file.Header()
	if h.Get("Content-Type") != "application/octet-stream" || h.Get("Content-Disposition") != "attachment; filename*=UTF-8''a.html" ||
		!strings.HasPrefix(h.Get("Content-Security-Policy"), "sandbox;") || h.Get("Last-Modified") != "" {
		t.Errorf("%v", h)
	}
	nothing := get(b.Visitors(), "/nothing").Body.String()
	for _, path := range []string{"/1/2/a.html", "/a.html", "/files/1/2", "/news", secret[1:], "/" + secret[1:] + "/", "/" + secret + "x/", "/" + secret + "/1/9", "/" + secret + "/x", "/%00"} {
		if w := get(b.Visitors(), "/"+strings.TrimPrefix(path, "/")); w.Code != http.StatusNotFound || w.Body.String() != nothing {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if page := get(b.Visitors(), "/").Body.String(); strings.Contains(page, secret) || strings.Contains(page, "a.html") {
		t.Error("the form tells")
	}
}

func TestTheOwnerDeletesAndThereIsRoomAgain(t *testing.T) {
	b := newBox(t, nil)
	full := []field{{"file", "x", strings.Repeat("x", 45_000)}}
	for range 2 {
		send(t, b, full...)
	}
	if w := send(t, b, full...); w.Code != http.StatusInsufficientStorage {
		t.Fatal(w.Code)
	}
	for _, number := range []string{"1", "2", "2", "9", "x"} {
		req := httptest.NewRequest(http.MethodPost, "/"+secret+"/delete", strings.NewReader("drop="+number))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		b.Visitors().ServeHTTP(w, req)
		if w.Code != http.StatusSeeOther {
			t.Fatal(w.Code)
		}
	}
	keepsNothing(t, b)
	if w := send(t, b, full...); w.Code != http.StatusOK {
		t.Error(w.Code)
	}
}

func TestNamesAreCleanedAndApart(t *testing.T) {
	b := newBox(t, nil)
	send(t, b, field{"file", "../../etc/passwd", "1"}, field{"file", `C:\x\PASSWD`, "2"}, field{"file", "note.txt", "3"})
	send(t, b, field{"file", ".\u202egnp.exe\r\nX: y", "1"}, field{"file", "...", "2"}, field{"file", strings.Repeat("é", 400) + ".pdf", "3"})
	var names []string
	for _, d := range b.list() {
		for _, f := range d.files {
			names = append(names, f.name)
			if len(f.name) > maxName {
				t.Errorf("%d bytes", len(f.name))
			}
		}
	}
	got := strings.Join(names, "|")
	if !strings.HasSuffix(got, ".pdf|passwd|PASSWD-2|note-2.txt") || !strings.HasPrefix(got, "gnp.exe") || strings.ContainsAny(got, "\r\n\u202e/\\") {
		t.Errorf("%q", got)
	}
}

func TestTheBotIsToldAndFetches(t *testing.T) {
	b := newBox(t, nil)
	in := b.Inward()
	send(t, b, field{"file", "a b.txt", "first"}, field{"note", "", "n"})
	send(t, b, field{"file", "c", ""})
	want := fmt.Sprintf(`{"boot":%q,"drops":[{"number":1,"note":true,"sizes":[5,1]},{"number":2,"sizes":[0]}]}`, b.boot)
	if got := strings.TrimSpace(get(in, "/news").Body.String()); got != want {
		t.Error(got)
	}
	if got := get(in, "/files/1/1").Body.String(); got != "a b.txt\nfirst" {
		t.Errorf("%q", got)
	}
	if got := get(in, "/files/1/2").Body.String(); got != "note.txt\nn" {
		t.Errorf("%q", got)
	}
	for _, number := range []string{"1", "0", "-5"} {
		in.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/told/"+number, nil))
		if got := get(in, "/news").Body.String(); strings.Contains(got, `"number":1`) || !strings.Contains(got, `"number":2`) {
			t.Error(got)
		}
	}
	if w := get(in, "/files/1/3"); w.Code != http.StatusNotFound {
		t.Error(w.Code)
	}
}
