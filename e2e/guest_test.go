package e2e

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"
)

// anything is a user who may start every service.
const anything = `
[[users]]
name = "ann"
telegram = [1001]
services = ["*"]
max_instances = 3
max_life = "4h"
`

// guest is a visitor with a browser's memory, on circuits of their own.
type guest struct {
	t      *testing.T
	onion  string
	client *http.Client
}

func newGuest(t *testing.T, name, onion string) *guest {
	jar, _ := cookiejar.New(nil)
	return &guest{t, onion, &http.Client{Jar: jar, Timeout: 90 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
			return dial(ctx, t.Name()+name, addr)
		},
	}}}
}

// do sends a request and returns the answer with its body read.
func (g *guest) do(method, path, kind string, body io.Reader) (*http.Response, string) {
	g.t.Helper()
	req, err := http.NewRequestWithContext(g.t.Context(), method, "http://"+g.onion+path, body)
	if err != nil {
		g.t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	res, err := g.client.Do(req)
	if err != nil {
		g.t.Fatal(err)
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return res, string(page)
}

func (g *guest) get(path string) (*http.Response, string) {
	g.t.Helper()
	return g.do(http.MethodGet, path, "", nil)
}

// submit sends a form, and follows to where it leads.
func (g *guest) submit(path string, form url.Values) (*http.Response, string) {
	g.t.Helper()
	return g.do(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

// leave drops a file and a note.
func (g *guest) leave(name, content, note string) (*http.Response, string) {
	g.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		g.t.Fatal(err)
	}
	_, _ = io.WriteString(part, content) // to memory
	_ = form.WriteField("note", note)
	_ = form.Close()
	return g.do(http.MethodPost, "/", form.FormDataContentType(), &body)
}
