package private

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"onionbot/services"
)

const somebody = 54321 // a user that no test machine has

func mkdir(t *testing.T, path string, mode os.FileMode, uid int) string {
	t.Helper()
	if os.Geteuid() != 0 && uid != os.Geteuid() {
		t.Skip("only root can give things away")
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, uid, -1); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func touch(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, target, path string, uid int) string {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
	if err := os.Lchown(path, uid, -1); err != nil {
		t.Skip("only root can give things away")
	}
	return path
}

// problem is the sentence of a refusal; "" if there is none.
func problem(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	e := &services.Error{}
	ok := errors.As(err, &e)
	if !ok || e.Code != services.CodeBadConfig || e.Args["problem"] == "" {
		t.Fatalf("not a refusal: %v", err)
	}
	return e.Args["problem"]
}

func mode(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func TestOwnDirectoriesAreMadeAndClosedToOthers(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	me := os.Geteuid()
	base := mkdir(t, t.TempDir(), 0o755, me)
	marked := mkdir(t, filepath.Join(base, "marked"), 0o755, me)
	touch(t, filepath.Join(marked, "lock"))
	touch(t, filepath.Join(marked, "more"))
	for _, tt := range []struct {
		path string
		want os.FileMode
		said bool
	}{
		{filepath.Join(base, "a", "b"), 0o700, false},
		{mkdir(t, filepath.Join(base, "empty"), 0o777, me), 0o700, true},
		{marked, 0o700, true},
		{mkdir(t, filepath.Join(base, "group"), 0o710, me), 0o710, false},
		{mkdir(t, filepath.Join(base, "wider"), 0o755, me), 0o700, true},
		{link(t, mkdir(t, filepath.Join(base, "far"), 0o755, me), filepath.Join(base, "link"), me), 0o700, true},
	} {
		out.Reset()
		if err := Dir(tt.path, log, "lock"); err != nil {
			t.Errorf("%s: %v", tt.path, err)
		}
		if got := mode(t, tt.path); got != tt.want {
			t.Errorf("%s has mode %04o, want %04o", tt.path, got, tt.want)
		}
		if said := strings.Contains(out.String(), tt.path); said != tt.said {
			t.Errorf("%s: the log says %q", tt.path, out.String())
		}
	}
}

func TestPlacesThatOthersCanReachAreRefused(t *testing.T) {
	me := os.Geteuid()
	base := mkdir(t, t.TempDir(), 0o755, me)
	dir := func(name string, mode os.FileMode, uid int) string {
		return mkdir(t, filepath.Join(base, name), mode, uid)
	}
	file := filepath.Join(base, "file")
	touch(t, file)
	foreign := dir("somebodys", 0o755, somebody)
	full := dir("full", 0o755, me)
	mkdir(t, filepath.Join(full, "lock"), 0o755, me) // a directory of that name is no mark
	shared := dir("shared", os.ModeSticky|0o777, me)
	for _, tt := range []struct{ path, want string }{
		{file, "is not a directory"},
		{foreign, `belongs to 54321 and the bot runs as`},
		{foreign, `type "chown -R`},
		{filepath.Join(foreign, "state"), "belongs to 54321, who could put something else in the place of"},
		{filepath.Join(dir("open", 0o777, me), "state"), `type "chmod go-w ` + filepath.Join(base, "open") + `"`},
		{filepath.Join(dir("group", 0o775, me), "a", "b"), "others can change"},
		{full, `type "chmod 700 ` + full + `"`},
		{mkdir(t, filepath.Join(shared, "theirs"), 0o700, somebody), "belongs to 54321"},
		{link(t, full, filepath.Join(shared, "link"), somebody), "belongs to 54321"},
		{link(t, filepath.Join(foreign, "deep"), filepath.Join(base, "away"), me), "who could put something else"},
		{link(t, "loop", filepath.Join(base, "loop"), me), "too many symbolic links"},
	} {
		err := Dir(tt.path, slog.New(slog.DiscardHandler), "lock")
		if got := problem(t, err); !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q in it", tt.path, got, tt.want)
		}
	}
	if got := mode(t, full); got != 0o755 {
		t.Errorf("a directory with other things in it got mode %04o", got)
	}
	if err := Dir(filepath.Join(shared, "mine"), slog.New(slog.DiscardHandler)); err != nil {
		t.Errorf("a directory of our own below one such as /tmp: %v", err)
	}
}

func TestASocketOfSomebodyElseIsNotSpokenTo(t *testing.T) {
	base := mkdir(t, t.TempDir(), 0o755, 0)
	socket := func(dir string, uid int) string {
		path := filepath.Join(dir, "s")
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		if err := os.Chown(path, uid, -1); err != nil {
			t.Fatal(err)
		}
		return path
	}
	dir := func(name string, mode os.FileMode, uid int) string {
		return mkdir(t, filepath.Join(base, name), mode, uid)
	}
	file := filepath.Join(base, "file")
	touch(t, file)
	shared := dir("shared", os.ModeSticky|0o777, 0)
	theirs := dir("theirs", 0o700, somebody)
	own := socket(dir("own", 0o700, 0), 0)
	botsUser := socket(theirs, somebody)
	planted := socket(shared, somebody)
	hidden := socket(mkdir(t, filepath.Join(shared, "d"), 0o700, somebody), somebody)
	for _, tt := range []struct {
		me   int
		path string
		want string
	}{
		{0, own, ""},
		{0, filepath.Join(base, "none"), ""},
		{0, file, "is not a socket"},
		{0, link(t, own, filepath.Join(base, "link"), 0), "is not a socket"},
		{0, botsUser, ""}, // root asks a bot that runs as another user
		{0, planted, "belongs to 54321"},
		{0, hidden, "belongs to 54321"},
		{somebody, botsUser, ""},
		{somebody + 1, botsUser, `type "sudo -u 54321 onionbot ctl`},
		{somebody + 1, planted, "belongs to 54321"},
		{somebody, own, ""},
	} {
		if got := problem(t, socketFor(tt.me, tt.path)); (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
			t.Errorf("user %d, %s: %q, want %q in it", tt.me, tt.path, got, tt.want)
		}
	}
}
