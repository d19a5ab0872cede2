package db

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"onionbot/services"
)

func TestStateDirectoryBelongsToOneDaemon(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	release, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	wantMode(t, filepath.Join(dir, lockName), 0o600)
	_, err = Lock(dir)
	var e *services.Error
	if !errors.As(err, &e) || e.Code != services.CodeLocked || e.Args["pid"] != strconv.Itoa(os.Getpid()) {
		t.Errorf("the second Lock gave %v", err)
	}
	release()
	release, err = Lock(dir)
	if err != nil {
		t.Fatalf("Lock after the release gave %v", err)
	}
	release()
	wantMode(t, dir, 0o700)
	if _, err := Lock(filepath.Join(dir, lockName, "x")); !services.IsCode(err, services.CodeReadOnlyState) {
		t.Errorf("Lock below a file gave %v", err)
	}
}
