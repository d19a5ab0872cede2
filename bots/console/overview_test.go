package console

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onionbot/services"
)

// watched is a console that answers overviews, and keeps no command.
func watched(t *testing.T, look func(context.Context, bool) (Overview, error)) (path string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "con") // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path = filepath.Join(dir, "sock")
	adapter, err := Listen(Options{Path: path, Spool: filepath.Join(dir, "spool"), Look: look, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	keep := func(context.Context, []services.Incoming, string) error {
		t.Error("an overview was stored like a command")
		return nil
	}
	go func() { defer close(done); _ = adapter.Receive(ctx, "", keep) }()
	t.Cleanup(func() { cancel(); <-done })
	return path
}

func TestAnOverviewIsAnsweredWithoutBeingStored(t *testing.T) {
	at := time.Now().UTC().Truncate(time.Second)
	path := watched(t, func(_ context.Context, addresses bool) (Overview, error) {
		o := Overview{At: at, Instances: []OverviewService{{Name: "blog", Visits: 3}}}
		if addresses {
			o.Instances[0].Address = "somewhere.onion"
		}
		return o, nil
	})
	for _, addresses := range []bool{false, true} {
		o, err := Look(t.Context(), path, addresses)
		if err != nil || !o.At.Equal(at) || len(o.Instances) != 1 || o.Instances[0].Visits != 3 || (o.Instances[0].Address != "") != addresses {
			t.Errorf("addresses %t: %+v %v", addresses, o, err)
		}
	}
}

func TestAnOverviewThatFailsIsASentenceWithoutItsCause(t *testing.T) {
	path := watched(t, func(context.Context, bool) (Overview, error) { return Overview{}, errors.New("disk I/O error 42") })
	if _, err := Look(t.Context(), path, false); err == nil || !strings.Contains(err.Error(), "Its log says why") || strings.Contains(err.Error(), "42") {
		t.Error(err)
	}
	if _, err := Look(t.Context(), path+"-other", false); err == nil || !strings.Contains(err.Error(), "onionbot run") {
		t.Error(err)
	}
	if _, err := Look(t.Context(), newBot(t, say("ok")).path, false); err == nil || !strings.Contains(err.Error(), "no overview") {
		t.Error(err)
	}
}
