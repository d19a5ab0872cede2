package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// notifySocket is what systemd listens on; it returns what it is told.
func notifySocket(t *testing.T) func() string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sd")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	return func() string {
		said := make([]byte, 256)
		_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		n, err := conn.Read(said)
		if err != nil {
			t.Fatal("systemd hears nothing:", err)
		}
		return string(said[:n])
	}
}

func TestSystemdHearsThatTheBotIsReadyLivesAndEnds(t *testing.T) {
	heard := notifySocket(t)
	t.Setenv("WATCHDOG_USEC", "60000")
	t.Setenv("WATCHDOG_PID", "")
	ctx, cancel := context.WithCancel(t.Context())
	p := &daemonProcess{alive: func(context.Context) error { return nil }, log: slog.New(slog.DiscardHandler)}
	ending := p.supervise(ctx)
	if got := heard(); got != "READY=1" {
		t.Error(got)
	}
	for range 3 {
		if got := heard(); got != "WATCHDOG=1" {
			t.Error(got)
		}
	}
	p.reload(func() {})
	reloaded := ""
	for !strings.Contains(reloaded, "READY=1") {
		reloaded += heard() + " "
	}
	if !strings.Contains(reloaded, "RELOADING=1\nMONOTONIC_USEC=") {
		t.Error(reloaded)
	}
	cancel()
	ending()
	for got := heard(); got != "STOPPING=1"; got = heard() {
		if got != "WATCHDOG=1" {
			t.Fatal(got)
		}
	}
}

func TestABotThatIsStuckDoesNotFeedTheWatchdog(t *testing.T) {
	heard := notifySocket(t)
	var asked atomic.Int32
	p := &daemonProcess{log: slog.New(slog.DiscardHandler), alive: func(ctx context.Context) error {
		switch asked.Add(1) {
		case 1:
			return errors.New("the database does not answer")
		case 2: // a loop that is stuck
			<-ctx.Done()
			return nil
		}
		return nil
	}}
	go p.watchdog(t.Context(), 50*time.Millisecond)
	if got := heard(); got != "WATCHDOG=1" || asked.Load() < 3 {
		t.Errorf("%q after %d questions, of which only the third had an answer", got, asked.Load())
	}
}

func TestATokenComesFromSystemdWhereItGivesOne(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	if err := os.WriteFile(filepath.Join(dir, "token_telegram"), []byte("123:abc\n"), 0o440); err != nil {
		t.Fatal(err)
	}
	token, err := readToken("/etc/onionbot/tokens/telegram")
	if err != nil || token.Reveal() != "123:abc" {
		t.Error(err)
	}
	if _, err := readToken(filepath.Join(dir, "token_telegram")); err == nil {
		t.Error("a file that a group may read was taken for a credential")
	}
}
