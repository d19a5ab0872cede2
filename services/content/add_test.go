package content_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"onionbot/services"
	"onionbot/services/content"
)

const (
	jpeg = "\xff\xd8\xff\xe0\x00\x10JFIF"
	png  = "\x89PNG\x0d\x0a\x1a\x0a"
)

// deliver stages, adopts and shows a delivery as revision rev.
func deliver(t *testing.T, s *content.Store, rev int, d content.Delivery) *services.Shown {
	t.Helper()
	d.Pages = plainPages{}
	staged, err := s.Stage(t.Context(), content.DefaultLimits(), d)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Adopt(id, rev, staged); err != nil {
		t.Fatal(err)
	}
	if err := s.Show(id, rev); err != nil {
		t.Fatal(err)
	}
	return s.Shown(id, rev)
}

func remarks(s *services.Shown) []services.RemarkCode {
	var out []services.RemarkCode
	for _, r := range s.Remarks {
		out = append(out, r.Code)
	}
	return out
}

func photo(data, description string) content.File {
	f := file("", []byte(data))
	f.Description = description
	return f
}

func TestWordsStandBesideFilesThatAreNoPage(t *testing.T) {
	s, _ := open(t)
	shown := deliver(t, s, 1, content.Delivery{
		Words: "Missing cat",
		Files: []content.File{photo(jpeg+"1", "a grey cat"), photo(jpeg+"2", ""), photo(png, "")},
	})
	want := "Missing cat\npicture photo-1.jpg (a grey cat)\npicture photo-2.jpg ()\npicture photo-1.png ()\n"
	if got := read(t, s, "index.html"); got != want {
		t.Errorf("the page is %q, want %q", got, want)
	}
	if shown == nil || shown.Files != 3 || shown.Bytes != int64(2*(len(jpeg)+1)+len(png)) || !shown.Words || len(shown.Remarks) != 0 {
		t.Errorf("shown: %+v", shown)
	}
}

func TestAPageThatCameIsThePageAndTheWordsAreLeftOutOnRecord(t *testing.T) {
	for name, f := range map[string]content.File{
		"index.html": file("index.html", []byte("<p>the page")),
		"about.html": file("about.html", []byte("<p>the page")),
		"site.zip":   file("site.zip", archive(t, entry{name: "s/index.html", body: "<p>the page"}, entry{name: "s/a.txt", body: "a"})),
	} {
		s, dir := open(t)
		shown := deliver(t, s, 1, content.Delivery{Words: "not for everybody", Files: []content.File{f}})
		if got := read(t, s, "index.html"); got != "<p>the page" {
			t.Errorf("%s: the page is %q", name, got)
		}
		if !slices.Equal(remarks(shown), []services.RemarkCode{services.RemarkWords}) {
			t.Errorf("%s: shown %+v", name, shown)
		}
		root, err := filepath.EvalSymlinks(filepath.Join(s.Dir(id), "current"))
		if err != nil || !strings.HasPrefix(root, dir) {
			t.Fatal(root, err)
		}
		for _, entry := range must(t)(os.ReadDir(root)) {
			data, err := os.ReadFile(filepath.Join(root, entry.Name()))
			if err == nil && strings.Contains(string(data), "not for everybody") {
				t.Errorf("%s: the words are served in %s", name, entry.Name())
			}
		}
	}
}

func must(t *testing.T) func([]os.DirEntry, error) []os.DirEntry {
	return func(e []os.DirEntry, err error) []os.DirEntry {
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
}

func TestMoreIsAddedToWhatIsShown(t *testing.T) {
	s, _ := open(t)
	deliver(t, s, 1, content.Delivery{Words: "Missing cat"})
	if got := read(t, s, "index.html"); got != "Missing cat\n" {
		t.Fatalf("words alone: %q", got)
	}
	deliver(t, s, 2, content.Delivery{AddTo: content.Revision{Instance: id, Number: 1}, Files: []content.File{photo(jpeg, "")}})
	shown := deliver(t, s, 3, content.Delivery{
		AddTo: content.Revision{Instance: id, Number: 2}, Words: "Call me",
		Files: []content.File{photo(jpeg+"2", ""), file("plan.pdf", []byte("%PDF-1.4 one"))},
	})
	want := "Missing cat\n\nCall me\npicture photo-1.jpg ()\npicture photo-2.jpg ()\ndocument plan.pdf ()\n"
	if got := read(t, s, "index.html"); got != want {
		t.Errorf("the page is %q, want %q", got, want)
	}
	if shown.Files != 3 || !slices.Equal(shown.Names, []string{"photo-1.jpg", "photo-2.jpg", "plan.pdf"}) {
		t.Errorf("shown: %+v", shown)
	}
	deliver(t, s, 4, content.Delivery{AddTo: content.Revision{Instance: id, Number: 3}, Files: []content.File{file("plan.pdf", []byte("%PDF-1.4 two"))}})
	if got := read(t, s, "plan.pdf"); got != "%PDF-1.4 two" {
		t.Errorf("a file of the same name: %q", got)
	}
}

func TestWhatIsAddedToAnOwnPageIsToldToStandBesideIt(t *testing.T) {
	s, _ := open(t)
	deliver(t, s, 1, content.Delivery{Files: []content.File{file("index.html", []byte("<p>mine"))}})
	shown := deliver(t, s, 2, content.Delivery{AddTo: content.Revision{Instance: id, Number: 1}, Files: []content.File{photo(png, "")}})
	if got := read(t, s, "index.html") + read(t, s, "photo-1.png"); got != "<p>mine"+png {
		t.Errorf("served: %q", got)
	}
	if len(shown.Remarks) != 1 || shown.Remarks[0].Code != services.RemarkBeside || !slices.Equal(shown.Remarks[0].Names, []string{"photo-1.png"}) {
		t.Errorf("shown: %+v", shown)
	}
}

func TestNothingIsAddedToWhatIsNoLongerThere(t *testing.T) {
	s, _ := open(t)
	deliver(t, s, 1, content.Delivery{Words: "one"})
	deliver(t, s, 2, content.Delivery{Words: "two"})
	_, err := s.Stage(t.Context(), content.DefaultLimits(), content.Delivery{
		AddTo: content.Revision{Instance: id, Number: 1}, Words: "three", Pages: plainPages{},
	})
	if !services.IsCode(err, services.CodeConflict) {
		t.Errorf("%v", err)
	}
}

func TestEmptiedContentIsGoneAndCanBeFilledAgain(t *testing.T) {
	s, _ := open(t)
	deliver(t, s, 1, content.Delivery{Words: "secret words"})
	staged, err := s.Empty()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Adopt(id, 2, staged); err != nil {
		t.Fatal(err)
	}
	if err := s.Show(id, 2); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(filepath.Join(s.Dir(id), "current")); !os.IsNotExist(err) || s.Shown(id, 2) != nil {
		t.Errorf("shown: %v, %+v", err, s.Shown(id, 2))
	}
	if _, err := os.Lstat(filepath.Join(s.Dir(id), "1")); !os.IsNotExist(err) {
		t.Errorf("the words are still there: %v", err)
	}
	deliver(t, s, 3, content.Delivery{AddTo: content.Revision{Instance: id, Number: 2}, Words: "more"})
	if got := read(t, s, "index.html"); got != "more\n" {
		t.Errorf("filled again: %q", got)
	}
}

func TestAPageThatIsAddedDoesNotTakeTheFirstOnesPlace(t *testing.T) {
	s, _ := open(t)
	deliver(t, s, 1, content.Delivery{Files: []content.File{file("about.html", []byte("<p>first"))}})
	deliver(t, s, 2, content.Delivery{AddTo: content.Revision{Instance: id, Number: 1}, Files: []content.File{file("more.html", []byte("<p>more"))}})
	if got := read(t, s, "index.html") + read(t, s, "more.html"); got != "<p>first<p>more" {
		t.Errorf("%q", got)
	}
	deliver(t, s, 3, content.Delivery{AddTo: content.Revision{Instance: id, Number: 2}, Files: []content.File{file("index.html", []byte("<p>new"))}})
	if got := read(t, s, "index.html"); got != "<p>new" {
		t.Errorf("%q", got)
	}
}
