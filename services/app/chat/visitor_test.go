package chat

import (
	"context"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// visitor is a browser without scripts.
type visitor struct {
	t      *testing.T
	room   *Room
	cookie string
	key    string
}

func newVisitor(t *testing.T, r *Room) *visitor { return &visitor{t: t, room: r} }

// inRoom is a visitor who has entered.
func inRoom(t *testing.T, r *Room, name string) *visitor {
	t.Helper()
	v := newVisitor(t, r)
	if page := v.enter(name); !strings.Contains(page, ">Leave<") {
		t.Fatalf("%s did not get in: %s", name, page)
	}
	return v
}

var keyField = regexp.MustCompile(`name="key" value="([0-9a-f]+)"`)

func (v *visitor) do(req *http.Request) *http.Response {
	v.t.Helper()
	if v.cookie != "" {
		req.Header.Set("Cookie", v.cookie)
	}
	w := httptest.NewRecorder()
	v.room.ServeHTTP(w, req)
	res := w.Result()
	for _, c := range res.Cookies() {
		if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.MaxAge != 0 || !c.Expires.IsZero() {
			v.t.Errorf("cookie %v", c)
		}
		v.cookie = c.Name + "=" + c.Value
	}
	if m := keyField.FindStringSubmatch(w.Body.String()); m != nil {
		v.key = m[1]
	}
	return res
}

func (v *visitor) get(path string) string {
	v.t.Helper()
	return body(v.t, v.do(httptest.NewRequest(http.MethodGet, path, nil)))
}

func (v *visitor) post(path string, form url.Values) *http.Response {
	v.t.Helper()
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.do(req)
}

// enter picks a name and returns the page that comes of it.
func (v *visitor) enter(name string) string {
	v.t.Helper()
	v.get("/")
	res := v.post("/enter", url.Values{"name": {name}, "key": {v.key}})
	if res.StatusCode != http.StatusSeeOther {
		return body(v.t, res)
	}
	return v.get("/")
}

// say says something and returns what is wrong with it, "" if nothing is.
func (v *visitor) say(text string) string {
	v.t.Helper()
	res := v.post("/say", url.Values{"text": {text}, "key": {v.key}, "live": {"1"}})
	return strings.TrimSpace(body(v.t, res))
}

// must is say for what has to get through.
func (v *visitor) must(text string) {
	v.t.Helper()
	if problem := v.say(text); problem != "" {
		v.t.Fatalf("%q: %s", text, problem)
	}
}

func body(t *testing.T, res *http.Response) string {
	t.Helper()
	var b strings.Builder
	if err := res.Write(&b); err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(b.String(), "\r\n\r\n")
	return text
}

// openPage is a page that goes on loading.
type openPage struct {
	mu     sync.Mutex
	header http.Header
	text   strings.Builder
	cancel context.CancelFunc
	ended  chan struct{}
}

// open opens a page that goes on, until the test ends.
func (v *visitor) open(path string, header ...string) *openPage {
	ctx, cancel := context.WithCancel(context.Background())
	p := &openPage{header: make(http.Header), cancel: cancel, ended: make(chan struct{})}
	req := httptest.NewRequest(http.MethodGet, path, nil).WithContext(ctx)
	req.Header.Set("Cookie", v.cookie)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	go func() {
		defer close(p.ended)
		v.room.ServeHTTP(p, req)
	}()
	return p
}

// close closes the page, and returns when the room has noticed.
func (p *openPage) close() {
	p.cancel()
	<-p.ended
}

func (p *openPage) Header() http.Header { return p.header }
func (p *openPage) WriteHeader(int)     {}
func (p *openPage) Flush()              {}

func (p *openPage) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

// shows is what there is to see of it by now.
func (p *openPage) shows() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return html.UnescapeString(p.text.String())
}

// raw is the same as it was sent.
func (p *openPage) raw() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

func (p *openPage) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}
