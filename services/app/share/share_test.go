package share

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

func TestArchiveHoldsEverythingAndIsCountedOnce(t *testing.T) {
	files := map[string]string{"a.txt": "first", "b ü.bin": big(1), "c/d.txt": "deep"}
	x := newStand(t, -1, files)
	head := x.ask(http.MethodHead, archivePath)
	_ = head.Body.Close()
	res, body := x.get(archivePath)
	if res.ContentLength != int64(len(body)) || head.ContentLength != res.ContentLength {
		t.Errorf("told %d and %d bytes, came %d", head.ContentLength, res.ContentLength, len(body))
	}
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil || len(z.File) != len(files) {
		t.Fatalf("%v, %v", z, err)
	}
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in) // which looks at the checksum, too
		if err != nil || string(text) != files[f.Name] || f.Method != zip.Store {
			t.Errorf("%s: %d bytes, %v", f.Name, len(text), err)
		}
		if y := f.Modified.Year(); y != 1980 {
			t.Errorf("it tells of %d", y)
		}
	}
	x.wantCounts(1)
}

func TestWhatBrokeOffIsNotCountedAndWhatIsResumedIs(t *testing.T) {
	x := newStand(t, -1, map[string]string{"a": big(1), "b": big(2)})
	got := x.breakOff(archivePath, 3<<20)
	x.wantCounts(0)
	res, rest := x.get(archivePath, "Range", fmt.Sprintf("bytes=%d-", len(got)), "If-Range", x.tag(archivePath))
	if res.StatusCode != http.StatusPartialContent {
		t.Fatal(res.Status)
	}
	x.wantCounts(1)
	if _, err := zip.NewReader(bytes.NewReader(append(got, rest...)), int64(len(got)+len(rest))); err != nil {
		t.Error(err)
	}
}

func (x *stand) tag(path string) string {
	res := x.ask(http.MethodHead, path)
	_ = res.Body.Close()
	return res.Header.Get("Etag")
}

func TestTheEndAloneIsNoDownload(t *testing.T) {
	x := newStand(t, -1, map[string]string{"a": big(1), "b": "x"})
	size := x.ask(http.MethodHead, archivePath).ContentLength
	x.get(archivePath, "Range", fmt.Sprintf("bytes=%d-", size-1000))
	x.get(archivePath, "Range", "bytes=0-1000")
	x.get("/files/b")
	x.get("/")
	x.wantCounts(0)
}

func TestPartsThatAreFetchedSideBySideAreOneDownload(t *testing.T) {
	x := newStand(t, -1, map[string]string{"a": big(1), "b": big(2)})
	size := x.ask(http.MethodHead, archivePath).ContentLength
	body := make([]byte, size)
	var wait sync.WaitGroup
	const parts = 5
	for i := range int64(parts) {
		from, to := size*i/parts, size*(i+1)/parts
		wait.Go(func() {
			res := x.ask(http.MethodGet, archivePath, "Range", fmt.Sprintf("bytes=%d-%d", from, to-1))
			defer res.Body.Close()
			if _, err := io.ReadFull(res.Body, body[from:to]); err != nil {
				t.Error(err)
			}
			_, _ = io.Copy(io.Discard, res.Body)
		})
	}
	wait.Wait()
	x.wantCounts(1)
	if _, err := zip.NewReader(bytes.NewReader(body), size); err != nil {
		t.Error(err)
	}
}

func TestEveryFileByItselfIsOneDownload(t *testing.T) {
	files := map[string]string{"a": big(1), "b": "x", "c": "y", "empty": ""}
	x := newStand(t, -1, files)
	for range 3 {
		x.get("/files/b")
	}
	x.breakOff("/files/a", 1000)
	x.get("/files/c")
	x.wantCounts(0)
	if _, body := x.get("/files/a"); string(body) != files["a"] {
		t.Error("another file")
	}
	x.wantCounts(1)
	x.get("/files/a")
	x.get("/files/c")
	x.wantCounts(0)
	x.get("/files/b")
	x.wantCounts(1)
}

func TestOnceIsOnceForAllWhoAreThere(t *testing.T) {
	x := newStand(t, 1, map[string]string{"a": big(1), "b": big(2)})
	slow := x.ask(http.MethodGet, archivePath)
	defer slow.Body.Close()
	if _, err := io.ReadFull(slow.Body, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	if _, page := x.get("/"); !strings.Contains(string(page), "downloaded once") {
		t.Errorf("%s", page)
	}
	x.get(archivePath)
	x.wantCounts(1)
	if _, err := io.Copy(io.Discard, slow.Body); err == nil {
		t.Error("another visitor got everything as well")
	}
	for _, path := range []string{"/", archivePath, "/files/a"} {
		if res, body := x.get(path); res.StatusCode != http.StatusGone || !strings.Contains(string(body), "downloaded") {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
	x.wantCounts(0)
}

func TestOtherFilesAreAnotherDownload(t *testing.T) {
	x := newStand(t, -1, map[string]string{"a": big(1)})
	before := x.tag("/files/a")
	got := x.breakOff("/files/a", 1<<20)
	x.show(map[string]string{"a": big(3)})
	if x.tag("/files/a") == before {
		t.Error("other files have the same tag")
	}
	res, body := x.get("/files/a", "Range", fmt.Sprintf("bytes=%d-", len(got)), "If-Range", before)
	if res.StatusCode != http.StatusOK || string(body) != big(3) {
		t.Errorf("%s: a mixture of two files", res.Status)
	}
	x.wantCounts(1)
}
