package docker

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"onionbot/services"
)

// leave uploads one file of so many bytes through the form.
func leave(t *testing.T, c *http.Client, name string, size int) (status int, page string) {
	t.Helper()
	r, w := io.Pipe()
	form := multipart.NewWriter(w)
	go func() {
		part, _ := form.CreateFormFile("file", name)
		for chunk := make([]byte, 64<<10); size > 0; size -= len(chunk) {
			_, _ = part.Write(chunk[:min(size, len(chunk))])
		}
		_ = form.Close()
		_ = w.Close()
	}()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://site.onion/", r)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(body)
}

func ask(t *testing.T, r *Runtime, id, path string) string {
	t.Helper()
	body, err := r.Ask(t.Context(), id, http.MethodGet, path, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	all, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

func TestADropIsInMemoryAndBounded(t *testing.T) {
	t.Parallel()
	r := open(t)
	const secret = "abcdefghijklmnopqrstuvwxyz"
	spec := launch(t, r, services.ContainerSpec{Definition: service(t, "drop"), Secrets: map[string]services.Secret{"owner": secret}})
	c := browser(r, spec)
	if status, page := leave(t, c, "cat.jpg", 5); status != http.StatusOK || !strings.Contains(page, "One file came in whole") {
		t.Fatal(status, page)
	}
	err := eventually(func() bool {
		seen, err := r.Inspect(t.Context(), spec.ID)
		return err == nil && seen.News == 1
	})
	if err != nil {
		t.Error("the bot does not notice:", err)
	}
	if news := ask(t, r, spec.ID, "/news"); !strings.Contains(news, `"sizes":[5]`) {
		t.Error(news)
	}
	if file := ask(t, r, spec.ID, "/files/1/1"); file != "cat.jpg\n"+string(make([]byte, 5)) {
		t.Errorf("%q", file)
	}
	for path, want := range map[string]int{"/" + secret + "/": 200, "/" + secret + "/1/1/cat.jpg": 200, "/1/1/cat.jpg": 404, "/files/1/1": 404, "/news": 404} {
		if res, _ := get(t, c, path); res.StatusCode != want {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
	statuses := ""
	for n := range 5 {
		status, _ := leave(t, c, fmt.Sprintf("%d.bin", n), 49_000_000)
		statuses += fmt.Sprint(status, " ")
	}
	if statuses != "200 200 200 200 507 " {
		t.Error("filled with", statuses)
	}
	res, body := get(t, c, "/"+secret+"/1/1/cat.jpg")
	if !bytes.Equal([]byte(body), make([]byte, 5)) || res.Header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("the first is not there any more: %q %v", body, res.Header)
	}
	if seen, err := r.Inspect(t.Context(), spec.ID); err != nil || seen.State != services.ContainerRunning || seen.NoMemory {
		t.Errorf("%+v %v", seen, err)
	}
}
