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
	dir := t.TempDir()
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
	if _, err := Lock(filepath.Join(dir, "missing")); !services.IsCode(err, services.CodeReadOnlyState) {
		t.Errorf("Lock of a missing directory gave %v", err)
	}
}
