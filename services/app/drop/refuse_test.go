package drop

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestTooMuchIsRefusedInWordsAndNothingStays(t *testing.T) {
	big := strings.Repeat("x", 50_001)
	for name, c := range map[string]struct {
		fields []field
		status int
		words  string
	}{
		"a large file":       {[]field{{"file", "ok", "1"}, {"file", "film<i>.mp4", big}}, 413, "“film&lt;i&gt;.mp4” is larger than 50 kB."},
		"a large drop":       {[]field{{"file", "a", big[:45_000]}, {"file", "b", big[:45_000]}}, 413, "more than 80 kB at once"},
		"many files":         {[]field{{"file", "a", "1"}, {"file", "b", "1"}, {"file", "c", "1"}, {"file", "d", "1"}}, 413, "more than 3 files"},
		"a long note":        {[]field{{"note", "", big[:101]}}, 413, "The note is too long."},
		"nothing":            {[]field{{"note", "", ""}, {"file", "", ""}}, 422, "Choose a file, or write a note."},
		"a field without us": {[]field{{"file", "a", "1"}, {"other", "", big}}, 400, "It broke off."},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBox(t, nil)
			w := send(t, b, c.fields...)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.words) || !strings.Contains(w.Body.String(), "Nothing was kept.") {
				t.Errorf("%d: %s", w.Code, w.Body)
			}
			keepsNothing(t, b)
		})
	}
}

func TestNamesWithoutEndAreCutOff(t *testing.T) {
	b := newBox(t, nil)
	w := send(t, b, field{"file", strings.Repeat("n", maxHead+1), "x"})
	if w.Code != http.StatusBadRequest {
		t.Error(w.Code)
	}
	keepsNothing(t, b)
	req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("x"))
	w = httptest.NewRecorder()
	b.Visitors().ServeHTTP(w, req)
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "form of this page") {
		t.Error(w.Code, w.Body)
	}
}

func TestManyDropsAreTooMany(t *testing.T) {
	b := newBox(t, nil)
	for range b.o.Limits.Drops {
		send(t, b, field{"note", "", "n"})
	}
	if w := send(t, b, field{"note", "", "n"}); w.Code != http.StatusInsufficientStorage || !strings.Contains(w.Body.String(), "The box is full. Nothing was kept.") {
		t.Error(w.Code, w.Body)
	}
	if page := get(b.Visitors(), "/").Body.String(); !strings.Contains(page, "The box is full just now") {
		t.Error(page)
	}
}

// begin sends the head of an upload and some of its body, which stops there.
func begin(t *testing.T, addr string, body string, length int) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: %d\r\n\r\n%s", length, body)
	return c
}

const firstPart = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n"

// arrived waits until something of an upload is there.
func arrived(t *testing.T, b *Box, files int) {
	t.Helper()
	for limit := time.Now().Add(20 * time.Second); time.Now().Before(limit); time.Sleep(5 * time.Millisecond) {
		if all, _ := os.ReadDir(b.o.Dir); len(all) == files {
			return
		}
	}
	t.Fatal("nothing arrives")
}

func TestAnUploadThatBreaksOffLeavesNothing(t *testing.T) {
	b := newBox(t, nil)
	srv := httptest.NewServer(b.Visitors())
	t.Cleanup(srv.Close) // after the connections
	for range 5 {
		c := begin(t, srv.Listener.Addr().String(), firstPart+strings.Repeat("x", 20_000), 60_000)
		arrived(t, b, 1)
		_ = c.Close()
		keepsNothing(t, b)
	}
}

func TestTheSlowestGivesWay(t *testing.T) {
	var ahead atomic.Int64
	b := newBox(t, nil)
	b.now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	srv := httptest.NewServer(b.Visitors())
	t.Cleanup(srv.Close) // after the connections
	slow := begin(t, srv.Listener.Addr().String(), firstPart+"x", 60_000)
	begin(t, srv.Listener.Addr().String(), firstPart+strings.Repeat("x", 20_000), 60_000)
	arrived(t, b, 2)
	if w := send(t, b, field{"note", "", "n"}); w.Code != http.StatusServiceUnavailable {
		t.Errorf("two have just begun: %d", w.Code)
	}
	ahead.Store(int64(settleTime))
	if w := send(t, b, field{"note", "", "n"}); w.Code != http.StatusOK {
		t.Errorf("no place: %d %s", w.Code, w.Body)
	}
	_ = slow.SetReadDeadline(time.Now().Add(20 * time.Second))
	res, err := http.ReadResponse(bufio.NewReader(slow), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusServiceUnavailable {
		t.Error(res.Status)
	}
}

func TestAnUploadThatTricklesEnds(t *testing.T) {
	now := time.Now()
	u := &upload{
		body: strings.NewReader(strings.Repeat("x", 1<<20)), control: http.NewResponseController(httptest.NewRecorder()),
		began: now, window: now, now: func() time.Time { return now }, head: -1,
	}
	read := func(n int) error {
		_, err := io.ReadFull(u, make([]byte, n))
		return err
	}
	for range 3 { // as slow as may be
		for range 6 {
			if err := read(slowBytes / 6); err != nil {
				t.Fatal(err)
			}
			now = now.Add(slowTime/6 + time.Millisecond)
		}
	}
	if err := read(1); err != nil {
		t.Fatal(err)
	}
	now = now.Add(slowTime + time.Second)
	if err := read(1); err != errSlow { //nolint:errorlint // a reader's own error
		t.Error(err)
	}
}

func TestABrowserThatSendsTooMuchReadsWhy(t *testing.T) {
	b := newBox(t, nil)
	srv := httptest.NewServer(b.Visitors())
	t.Cleanup(srv.Close) // after the connections
	c := begin(t, srv.Listener.Addr().String(), firstPart, 3<<20)
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := c.Write(make([]byte, 3<<20-len(firstPart))); err != nil { // it sends all of it before it listens
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	page, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(string(page), "more than 80 kB") {
		t.Errorf("%s: %s", res.Status, page)
	}
}

func FuzzWhateverIsSentTheBooksStayStraight(f *testing.F) {
	f.Add([]byte(firstPart + "x\r\n--B--\r\n"))
	f.Add([]byte("--B\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n--B--"))
	f.Add([]byte("--B\r\n\r\n--B\r\n\r\n--B--"))
	f.Fuzz(func(t *testing.T, body []byte) {
		b := newBox(t, nil)
		req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(string(body)))
		req.Header.Set("Content-Type", "multipart/form-data; boundary=B")
		b.Visitors().ServeHTTP(httptest.NewRecorder(), req)
		var used int64
		files := 0
		for _, d := range b.drops {
			for _, f := range d.files {
				files++
				used += uses(f.size)
			}
		}
		if all, err := os.ReadDir(b.o.Dir); err != nil || len(all) != files || used != b.used || len(b.uploads) > 0 {
			t.Errorf("%d of %d files, %d of %d bytes: %v", len(all), files, used, b.used, err)
		}
	})
}
