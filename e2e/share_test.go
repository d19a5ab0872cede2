package e2e

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"onionbot/bots/telegram/telegramtest"
)

// part asks for a part of a path, from a byte on.
func (g *guest) part(path, bytes string) (*http.Response, string) {
	g.t.Helper()
	req, err := http.NewRequestWithContext(g.t.Context(), http.MethodGet, "http://"+g.onion+path, nil)
	if err != nil {
		g.t.Fatal(err)
	}
	req.Header.Set("Range", "bytes="+bytes)
	res, err := g.client.Do(req)
	if err != nil {
		g.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return res, string(text)
}

// breakOff begins a download and leaves.
func (g *guest) breakOff(path string) {
	g.t.Helper()
	req, err := http.NewRequestWithContext(g.t.Context(), http.MethodGet, "http://"+g.onion+path, nil)
	if err != nil {
		g.t.Fatal(err)
	}
	res, err := g.client.Do(req)
	if err != nil {
		g.t.Fatal(err)
	}
	_, _ = io.ReadFull(res.Body, make([]byte, 4096))
	_ = res.Body.Close()
	g.client.CloseIdleConnections()
}

// TestFilesAreHandedOutOnceThroughTor hands out two files until everything was
// downloaded once: what breaks off, a part and a look at the page do not count.
func TestFilesAreHandedOutOnceThroughTor(t *testing.T) {
	t.Parallel()
	const ann = 1001
	b, api := telegramBotFor(t, anything)
	b.start()
	video := bytes.Repeat([]byte("frame after frame, "), 200_000)
	for _, m := range api.Album(ann, telegramtest.Part{Name: "report.pdf", Data: []byte("what was found"), Caption: "start share once for 1h"},
		telegramtest.Part{Name: "video.mp4", Data: video}) {
		api.Push("message", m)
	}
	onion := address(t, answered(t, api, ann, "reachable", ".onion").Text)

	first := newGuest(t, "first", onion)
	if _, page := first.get("/"); !strings.Contains(page, "report.pdf") || !strings.Contains(page, "video.mp4") || !strings.Contains(page, "/all.zip") {
		t.Fatalf("the page: %s", page)
	}
	if res, text := first.part("/files/report.pdf", "5-7"); res.StatusCode != http.StatusPartialContent || text != "was" {
		t.Errorf("%s: %q", res.Status, text)
	}
	first.breakOff("/files/video.mp4")
	first.breakOff("/all.zip")

	second := newGuest(t, "second", onion)
	res, whole := second.get("/all.zip")
	if res.StatusCode != http.StatusOK {
		t.Fatal(res.Status)
	}
	wantArchive(t, whole, map[string]string{"report.pdf": "what was found", "video.mp4": string(video)})
	answered(t, api, ann, "Somebody has downloaded everything")
	answered(t, api, ann, "gone", "checked")
	if n := strings.Count(chatText(api, ann), "Somebody has downloaded everything"); n != 1 {
		t.Errorf("%d downloads were told of, there was one", n)
	}
	wantDark(t, onion)
	b.wantNothingLeft(onion, "what was found")
}

func wantArchive(t *testing.T, text string, want map[string]string) {
	t.Helper()
	archive, err := zip.NewReader(strings.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.File {
		content, err := archive.Open(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(content)
		if err != nil || string(got) != want[f.Name] {
			t.Errorf("%s: %d bytes, %v", f.Name, len(got), err)
		}
		delete(want, f.Name)
	}
	if len(want) != 0 {
		t.Errorf("%d files are not in the archive", len(want))
	}
}

// chatText is everything that stands in a chat.
func chatText(api *telegramtest.Server, person int64) string {
	var all strings.Builder
	for _, m := range api.Chat(person) {
		all.WriteString(m.Text + "\n")
	}
	return all.String()
}
