package db_test

import (
	"path/filepath"
	"testing"

	"onionbot/db"
	"onionbot/services"
	"onionbot/services/storetest"
)

func TestStoreConforms(t *testing.T) {
	storetest.Run(t, func(t *testing.T) services.Store { return openNew(t) })
}

func openNew(t testing.TB) *db.Store {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "state", "onionbot.db"))
}

func openAt(t testing.TB, path string) *db.Store {
	t.Helper()
	s, err := db.Open(t.Context(), path, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
