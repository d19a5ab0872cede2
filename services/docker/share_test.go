package docker

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onionbot/services"
)

func TestShareSaysThatNothingIsThereYet(t *testing.T) {
	r := open(t)
	spec := launch(t, r, services.ContainerSpec{Definition: service(t, "share")})
	res, page := get(t, browser(r, spec), "/")
	if res.StatusCode != 200 || !strings.Contains(page, "Nothing here yet") {
		t.Fatalf("%s: %s", res.Status, page)
	}
	for _, name := range []string{"Date", "Last-Modified", "Server"} {
		if v := res.Header.Get(name); v != "" {
			t.Errorf("%s: %q", name, v)
		}
	}
}

// sharedFile makes a directory with one file to share, as the bot keeps it.
func sharedFile(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	site := filepath.Join(dir, "1", "site")
	for d := site; len(d) >= len(dir); d = filepath.Dir(d) {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	err := os.WriteFile(filepath.Join(site, "big.bin"), []byte(text), 0o644)
	if err == nil {
		err = os.Symlink("1/site", filepath.Join(dir, "current"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// breakOff downloads the first n bytes and hangs up.
func breakOff(t *testing.T, c *http.Client, n int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://site.onion/files/big.bin", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.ReadFull(res.Body, make([]byte, n)); err != nil {
		t.Fatal(err)
	}
}

func TestShareCountsWhatWasDeliveredAndTellsAtOnce(t *testing.T) {
	r := open(t)
	const size = 24 << 20 // more than the kernel holds on the way
	text := strings.Repeat("0123456789abcdef", size/16)
	spec := launch(t, r, services.ContainerSpec{
		Definition: service(t, "share"), ContentDir: sharedFile(t, text), Rules: services.Rules{Visits: 3},
	})
	told := make(chan string, 100)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { _ = r.Events(ctx, func(id string) { told <- id }) }()
	<-told // everything is looked at once
	c := browser(r, spec)
	for range 3 { // connections are none
		get(t, c, "/")
	}
	breakOff(t, c, size/2)
	visits := func() int {
		one, err := r.Inspect(t.Context(), spec.ID)
		if err != nil || !one.ByEvents {
			t.Fatalf("%+v, %v", one, err)
		}
		return one.Visits
	}
	if _, body := get(t, c, "/files/big.bin"); body != text {
		t.Fatalf("%d bytes", len(body))
	}
	limit := time.After(patience)
	for id := ""; id != spec.ID; {
		select {
		case id = <-told:
		case <-limit:
			t.Fatal("nobody was told")
		}
	}
	if n := visits(); n != 1 {
		t.Fatalf("%d counted", n)
	}
	// What was counted outlives the container.
	if err := r.removeContainer(t.Context(), spec.ID); err != nil {
		t.Fatal(err)
	}
	if err := r.Run(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	if _, body := get(t, c, "/files/big.bin"); body != text {
		t.Fatalf("%d bytes from the second container", len(body))
	}
	if err := eventually(func() bool { return visits() == 2 }); err != nil {
		t.Errorf("%d counted", visits())
	}
}
