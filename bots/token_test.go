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
		stored, broken := services.Secret("1:first"), error(nil)
		token := bots.NewToken("1:first", func() (services.Secret, error) { return stored, broken })
		fits := func(s string) bool { return strings.Contains(s, ":") }
		began := time.Now()
		if token.AwaitNew(t.Context(), time.Minute, fits) || time.Since(began) != time.Minute {
			t.Errorf("nothing changed, and it was taken after %s", time.Since(began))
		}
		time.AfterFunc(7*time.Second, func() { broken = errors.New("half written") })
		time.AfterFunc(12*time.Second, func() { stored, broken = "rubbish", nil })
		time.AfterFunc(22*time.Second, func() { stored = "1:second" })
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
