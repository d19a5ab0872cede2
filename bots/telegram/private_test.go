package telegram_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"onionbot/bots/telegram/telegramtest"
)

// traces are the files of the database that hold the text.
func (h *house) traces(text string) (found []string) {
	h.t.Helper()
	files, err := filepath.Glob(filepath.Join(h.dir, "*"))
	if err != nil {
		h.t.Fatal(err)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			h.t.Fatal(err)
		}
		if bytes.Contains(data, []byte(text)) {
			found = append(found, filepath.Base(path))
		}
	}
	return found
}

func TestNothingOfAPrivateKeyStaysInTheDatabase(t *testing.T) {
	h := newHouse(t)
	h.admit(alice, 1)
	h.start()
	secret := strings.Repeat("b3BlbnNzaC1rZXktdjEAAAAABG5vbmU", 8)
	h.server.Type(alice, "key add -----BEGIN OPENSSH PRIVATE KEY-----\n"+secret+"\n-----END OPENSSH PRIVATE KEY-----")
	h.server.MustWait(t, alice, func(all []telegramtest.Sent) bool {
		return len(all) > 0 && strings.Contains(all[len(all)-1].Text, "Delete that message")
	})
	h.stop() // what is in hand is finished, and the store is still open
	if found := h.traces(secret[:64]); found != nil {
		t.Errorf("the key is still in %q", found)
	}
}
