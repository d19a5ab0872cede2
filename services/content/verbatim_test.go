package content_test

import (
	"bytes"
	"image"
	encode "image/jpeg"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"onionbot/services"
	"onionbot/services/content"
)

// exif is a picture that tells which camera has taken it.
func exif(t *testing.T) string {
	t.Helper()
	var plain bytes.Buffer
	if err := encode.Encode(&plain, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	const camera = "\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x0f\x00\x02\x00\x00\x00\x04Cam\x00\x00\x00\x00\x00"
	return plain.String()[:2] + camera + plain.String()[2:]
}

func TestVerbatimFilesAreHandedOutAsTheyCame(t *testing.T) {
	s, _ := open(t)
	sent := map[string]string{
		"site.zip":   string(archive(t, entry{name: "index.html", body: "<p>"})),
		"page.html":  "<p>gr\u00fc\u00df dich", // no byte order mark is added
		"old.txt":    "gr\xfc\xdf dich",        // nor is its character set changed
		"setup.exe":  "MZ\x90\x00 a program",   // it is meant for download
		"notes.md":   "# Notes",                // no page is made of it
		"backup.rar": "Rar!\x1a\x07\x00 an archive that is not unpacked",
	}
	d := content.Delivery{Verbatim: true, Words: "For <you>.\n\nAll of it."}
	for name, text := range sent {
		d.Files = append(d.Files, file(name, []byte(text)))
	}
	shown := deliver(t, s, 1, d)
	if shown == nil || shown.Files != len(sent) || len(remarks(shown)) != 0 || !shown.Words {
		t.Fatalf("shown %+v", shown)
	}
	for name, text := range sent {
		if got := read(t, s, name); got != text {
			t.Errorf("%s is %q", name, got)
		}
	}
	have, err := os.ReadDir(filepath.Join(s.Dir(id), "current"))
	if err != nil || len(have) != len(sent) {
		t.Errorf("%d files for %d, %v", len(have), len(sent), err)
	}
	words := filepath.Join(s.Dir(id), "1", "words.txt")
	text, err := os.ReadFile(words)
	if err != nil || string(text) != d.Words {
		t.Errorf("words %q, %v", text, err)
	}
	if info, err := os.Stat(words); err != nil || info.Mode() != fs.FileMode(0o644) {
		t.Errorf("the app cannot read them: %v, %v", info.Mode(), err)
	}
}

func TestVerbatimFilesGrowAndPicturesLoseWhatTheyTell(t *testing.T) {
	s, _ := open(t)
	exif := exif(t)
	shown := deliver(t, s, 1, content.Delivery{Verbatim: true, Files: []content.File{file("a.jpg", []byte(exif))}})
	if !slices.Equal(remarks(shown), []services.RemarkCode{services.RemarkCleaned}) || len(read(t, s, "a.jpg")) >= len(exif) {
		t.Errorf("remarks %v, %q", remarks(shown), read(t, s, "a.jpg"))
	}
	deliver(t, s, 2, content.Delivery{
		Verbatim: true, KeepMetadata: true, AddTo: content.Revision{Instance: id, Number: 1}, Words: "more",
		Files: []content.File{file("b.jpg", []byte(exif))},
	})
	if read(t, s, "b.jpg") != exif {
		t.Error("metadata that was to be kept is gone")
	}
	have, err := os.ReadDir(filepath.Join(s.Dir(id), "current"))
	if err != nil || len(have) != 2 {
		t.Errorf("%v, %v", have, err)
	}
}
