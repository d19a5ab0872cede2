package console

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"onionbot/services"
)

func TestTheSocketIsPrivate(t *testing.T) {
	b := newBot(t, nil)
	info, err := os.Stat(b.path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	entries, _ := os.ReadDir(filepath.Dir(b.path))
	if len(entries) != 2 { // the socket and the spool
		t.Errorf("%d entries beside the socket", len(entries))
	}
	if _, err := Listen(Options{Path: b.path, Spool: b.spool}); !services.IsCode(err, services.CodeLocked) {
		t.Errorf("a second bot: %v", err)
	}
	if _, err := Listen(Options{Path: "/tmp/" + strings.Repeat("x", 120), Spool: b.spool}); !services.IsCode(err, services.CodePathTooLong) {
		t.Errorf("a long path: %v", err)
	}
}

func TestASocketThatWasLeftBehindIsReplaced(t *testing.T) {
	dir, err := os.MkdirTemp("", "con")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "sock")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	_ = l.Close() // as after a kill
	a, err := Listen(Options{Path: path, Spool: filepath.Join(dir, "spool")})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
}

// TestFilesWithoutACommandAreErasedAtTheStart is what a kill leaves: a file of
// a command that was stored, one of a command that never came, and one of a
// command that has been handled.
func TestFilesWithoutACommandAreErasedAtTheStart(t *testing.T) {
	dir, err := os.MkdirTemp("", "con")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	o := Options{Path: filepath.Join(dir, "sock"), Spool: filepath.Join(dir, "spool"), Log: slog.New(slog.DiscardHandler)}
	if err := os.Mkdir(o.Spool, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"waiting", "forsaken", "handled"} {
		if err := os.WriteFile(filepath.Join(o.Spool, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stored := []services.Incoming{
		{ID: "none", Raw: []byte("{")},
		{ID: "bare", Raw: []byte(`{"text":"list"}`)},
		{ID: "file", Raw: []byte(`{"text":"start site","files":[{"name":"a.html","path":"waiting","size":7}]}`)},
	}
	restart := func(stored []services.Incoming, failure error) []string {
		o.Stored = func() ([]services.Incoming, error) { return stored, failure }
		a, err := Listen(o)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		if failure == nil && len(stored) > 0 {
			wantAttachment(t, a, stored[len(stored)-1], "waiting")
		}
		entries, _ := os.ReadDir(o.Spool)
		var left []string
		for _, e := range entries {
			left = append(left, e.Name())
		}
		return left
	}
	if left := restart(nil, errors.New("locked")); len(left) != 3 {
		t.Errorf("when the store could not be read: %q", left)
	}
	if left := restart(stored, nil); !slices.Equal(left, []string{"waiting"}) {
		t.Errorf("with one command stored: %q", left)
	}
	if left := restart(nil, nil); len(left) != 0 {
		t.Errorf("with none: %q", left)
	}
}

// wantAttachment opens the file of a stored command as its handler does.
func wantAttachment(t *testing.T, a *Adapter, in services.Incoming, want string) {
	t.Helper()
	m, err := a.Decode(t.Context(), in)
	if err != nil || len(m.Attachments) != 1 {
		t.Fatalf("%+v, %v", m, err)
	}
	r, err := m.Attachments[0].Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || string(got) != want {
		t.Errorf("%q, %v", got, err)
	}
}

func TestHostileClientsAreHungUpOn(t *testing.T) {
	b := newBot(t, say("ok"))
	for name, text := range map[string]string{
		"no JSON":         "hello\n",
		"an unknown type": `{"type":"become-root"}` + "\n",
		"a negative size": `{"type":"file","name":"../../x","size":-1}` + "\n",
		"a huge file":     `{"type":"file","name":"x","size":99999999999}` + "\n",
		"a long line":     strings.Repeat("x", maxFrame+4096) + "\n",
	} {
		conn, err := net.Dial("unix", b.path)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = io.WriteString(conn, text)
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: still connected", name)
		}
		_ = conn.Close()
	}
	if code, _ := b.ctl("list", CtlOptions{}); code != ExitOK {
		t.Errorf("afterwards: %d", code)
	}
	if entries, _ := os.ReadDir(b.spool); len(entries) != 0 {
		t.Errorf("%d files were left behind", len(entries))
	}
}
