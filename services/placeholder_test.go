package services

import (
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
)

func TestSecretsAreMadeOnceAndNeverAlike(t *testing.T) {
	d := &Definition{Secrets: []string{"admin", "owner"}}
	first, fresh := d.CompleteSecrets(nil)
	if !fresh || len(first) != 2 || first["admin"] == first["owner"] {
		t.Fatalf("%d secrets, fresh: %t", len(first), fresh)
	}
	for _, s := range first {
		if !regexp.MustCompile(`^[a-z2-7]{26}$`).MatchString(s.Reveal()) { // 5 bits each
			t.Errorf("%q", s.Reveal())
		}
	}
	if again, fresh := d.CompleteSecrets(first); fresh || again["admin"] != first["admin"] {
		t.Error("what was made is made again")
	}
	d.Secrets = append(d.Secrets, "later")
	if more, fresh := d.CompleteSecrets(first); !fresh || more["admin"] != first["admin"] || more["later"] == "" || len(first) != 2 {
		t.Errorf("%d secrets, fresh: %t", len(more), fresh)
	}
	var b strings.Builder
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "instance", &Instance{Secrets: first}, "text", fmt.Sprintf("%v %+v", first, first))
	if strings.Contains(b.String(), first["admin"].Reveal()) {
		t.Errorf("a log has it: %s", b.String())
	}
}

func TestPlaceholdersAreFilledWithTheInstancesOwn(t *testing.T) {
	d := &Definition{Ports: []Port{{Onion: 6667, App: 1}}}
	secrets := map[string]Secret{"a": "SA", "a-b": "SB"}
	for line, want := range map[string]string{
		"http://{address}:{port}/{secret.a-b}/{secret.a}": "http://x.onion:6667/SB/SA",
		"{secret.none} ${HOME} {} {address":               "{secret.none} ${HOME} {} {address",
		"plain":                                           "plain",
	} {
		if got := d.Fill(line, "x.onion", secrets); got != want {
			t.Errorf("%s became %s", line, got)
		}
	}
	// What a placeholder stands for is not looked at again.
	if got := d.Fill("{secret.a}", "x.onion", map[string]Secret{"a": "{secret.b}", "b": "no"}); got != "{secret.b}" {
		t.Errorf("got %s", got)
	}
}
