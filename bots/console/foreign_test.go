package console

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNothingIsSentToASocketOfSomebodyElse(t *testing.T) {
	b := newBot(t, nil)
	for _, path := range []string{b.path, filepath.Dir(b.path)} {
		if err := os.Chown(path, 54321, -1); err != nil {
			t.Skip("only root can give a socket away")
		}
	}
	var out strings.Builder
	code := Ctl(t.Context(), b.path, []string{"list"}, strings.NewReader(""), &out, CtlOptions{})
	if code != ExitNoBot || !strings.Contains(out.String(), "belongs to 54321") {
		t.Errorf("code %d, %q", code, out.String())
	}
}
