package conversation

import (
	"slices"
	"strings"
	"testing"

	"onionbot/services"
)

func clientKey(t *testing.T) (public string, private services.Secret) {
	t.Helper()
	public, private, err := services.NewClientKey()
	if err != nil {
		t.Fatal(err)
	}
	return public, private
}

func TestPrivateAddressIsForThoseWhoGaveAKey(t *testing.T) {
	w := newWorld(t, ticking(noon))
	w.letIn("ana", "7", "invite ana services site max 3")
	w.letIn("bob", "8", "invite bob services site max 3")
	anas, _ := clientKey(t)
	bobs, _ := clientKey(t)
	for _, step := range []struct{ from, text, want string }{
		{"7", "start site private", "openssl genpkey -algorithm x25519"},
		{"7", "start site private for bob", "Nobody called “bob” has given me a key"},
		{"7", "start site private for nobody", "Nobody called “nobody” has given me a key"},
		{"7", "list", "Nothing is running"},
		{"7", "key add onion " + strings.ToLower(anas), "Key 1 is onion " + anas},
		{"7", "key add onion " + anas, "given that key already"},
		{"7", "start site private", "Private, for ana:"},
		{"7", "status", "Private, for ana:"},
		{"7", "allow bob", "Nobody called “bob” has given me a key"},
		{"8", "descriptor:x25519:" + bobs, "Key 1 is onion " + bobs},
		{"7", "allow bob", "bob may open site in a moment, at the same address"},
		{"7", "status", "Private, for ana and bob:"},
		{"8", "allow bob on site", "Nothing"},
		{"7", "start site private", "runs already, for other people"},
		{"7", "revoke bob from site", "bob can open site no more"},
		{"7", "revoke bob", "may not open “site” anyhow"},
		{"7", "revoke me", "the last who may open"},
		{"7", "start site as open", "http"},
		{"7", "start site private as open", "everybody may open it"},
		{"7", "allow bob on open", "Everybody may open “open”"},
		{"7", "key remove 1", "One that runs still does"},
		{"7", "key add onion " + anas[1:], "52 letters"},
	} {
		if got := w.say(w.message(step.from, step.text)); !strings.Contains(got, step.want) {
			t.Errorf("%s: %q: %q, want %q", step.from, step.text, got, step.want)
		}
	}
}

func TestKeyThatTheBotMakesIsShownOnceAndIsNotKept(t *testing.T) {
	w := newWorld(t, ticking(noon))
	w.letIn("ana", "7", "invite ana services site max 3")
	said := strings.Split(w.say(w.message("7", "make me a key")), "\n")
	if len(said) < 5 || !strings.HasSuffix(said[3], ":descriptor:x25519:"+said[1]) || !strings.Contains(said[4], "can read it") {
		t.Fatalf("%q", said)
	}
	mine := w.access.Lookup("test", "7").OnionKeys
	if len(mine) != 1 || slices.Contains(mine, said[1]) {
		t.Errorf("kept: %q", mine)
	}
	if got := w.say(w.message("7", "keys")); strings.Contains(got, said[1]) || !strings.Contains(got, mine[0]) {
		t.Errorf("keys: %q", got)
	}
}

func TestPrivateKeyOfAClientIsRefusedAndErased(t *testing.T) {
	w := newWorld(t, ticking(noon))
	w.letIn("ana", "7", "invite ana services site max 3")
	_, private := clientKey(t)
	file := services.ClientFile(strings.Repeat("a", 56)+".onion", private).Reveal()
	for _, text := range []string{file, "key add onion " + file, "my key: " + file} {
		if got := w.say(w.message("7", text)); !strings.Contains(got, "PRIVATE key") {
			t.Errorf("%q", got)
		}
	}
	if n := len(w.access.Lookup("test", "7").OnionKeys); n != 0 {
		t.Errorf("%d keys were kept", n)
	}
}
