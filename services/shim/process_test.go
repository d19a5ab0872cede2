package shim

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// runApp starts a shell script as the app and waits for its end.
func runApp(t *testing.T, script string) *process {
	t.Helper()
	return runIn(t, "", script)
}

// runIn is runApp in a directory.
func runIn(t *testing.T, dir, script string) *process {
	t.Helper()
	p := newProcess()
	if err := p.start(&Go{Command: []string{"/bin/sh", "-c", script}, Dir: dir}); err != nil {
		t.Fatal(err)
	}
	for limit := time.Now().Add(patience); ; p.reap() {
		select {
		case <-p.done():
			return p
		case <-time.After(5 * time.Millisecond):
			if time.Now().After(limit) {
				t.Fatal("it does not end")
			}
		}
	}
}

func TestAppThatNeverCameUpLeavesItsLastWords(t *testing.T) {
	long := "i=0; while [ $i -lt 400 ]; do echo line $i is long >&2; i=$((i+1)); done; "
	code, words := runApp(t, long+`printf 'cannot bind\033\n' >&2; exit 3`).last()
	if code != 3 || !strings.HasSuffix(words, "line 399 is long cannot bind?") || len(words) > maxWords {
		t.Errorf("exit code %d, said %d bytes: %q", code, len(words), words)
	}
	if code, _ := runApp(t, "kill -KILL $$").last(); code != 128+int(syscall.SIGKILL) {
		t.Errorf("exit code %d of one that was killed", code)
	}
}

func TestWordsOfAnAppThatCameUpAreNotKept(t *testing.T) {
	var w words
	w.keep([]byte("starting"))
	w.forget()
	w.keep([]byte("GET /a-visitor's-path"))
	if got := w.text(); got != "" {
		t.Errorf("kept %q", got)
	}
}

func TestSignalWaitsForNobody(t *testing.T) {
	p := newProcess()
	p.forking.Lock() // as while the app's children end without a pause
	defer p.forking.Unlock()
	done := make(chan struct{})
	go func() { defer close(done); p.signal(syscall.SIGTERM) }()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal("a signal waits for the reaper")
	}
}

func TestProgramIsFoundAsInTheAppsOwnSurroundings(t *testing.T) {
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"app": 0o755, "text": 0o644} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	env := []string{"PATH=/nowhere", "PATH=/nowhere:" + dir}
	for name, want := range map[string]string{"app": dir + "/app", "./app": dir + "/app", "/bin/x": "/bin/x", "text": "", "sh": ""} {
		got, err := findCommand(name, dir, env)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s is %q, %v", name, got, err)
		}
	}
	if code, _ := runIn(t, dir, `test "$(pwd)" = `+dir).last(); code != 0 {
		t.Error("it was not started in its directory")
	}
}
