package bots_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"onionbot/bots"
	"onionbot/services"
)

func TestANewTokenIsFoundWhereTheOldOneWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The file is the first minute as it was, then half written, then no
		// token, then another one.
		start := time.Now()
		token := bots.NewToken("1:first", func() (services.Secret, error) {
			switch at := time.Since(start) - time.Minute; {
			case at < 7*time.Second:
				return "1:first", nil
			case at < 12*time.Second:
				return "", errors.New("half written")
			case at < 22*time.Second:
				return "rubbish", nil
			}
			return "1:second", nil
		})
		fits := func(s string) bool { return strings.Contains(s, ":") }
		began := time.Now()
		if token.AwaitNew(t.Context(), time.Minute, fits) || time.Since(began) != time.Minute {
			t.Errorf("nothing changed, and it was taken after %s", time.Since(began))
		}
		began = time.Now()
		if !token.AwaitNew(t.Context(), time.Minute, fits) || time.Since(began) != 25*time.Second || token.Reveal() != "1:second" {
			t.Errorf("after %s: %q", time.Since(began), token.Reveal())
		}
		if got := token.Redact("1:first first 1:second second"); strings.Contains(got, "first") || strings.Contains(got, "second") {
			t.Errorf("redacted to %q", got)
		}
		for _, format := range []string{"%v", "%+v", "%#v"} {
			if s := fmt.Sprintf(format, token); strings.Contains(s, "second") {
				t.Errorf("%s prints %s", format, s)
			}
		}
	})
}
