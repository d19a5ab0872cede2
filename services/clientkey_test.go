package services_test

import (
	"encoding/base32"
	"strings"
	"testing"

	"onionbot/services"
)

func TestKeysOfClientsAreReadAsPeopleSendThem(t *testing.T) {
	public, private, err := services.NewClientKey()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		public, strings.ToLower(public), " `" + public + "`\n", public + "====", "descriptor:x25519:" + public,
		"Descriptor:X25519:" + strings.ToLower(public), public[:26] + "\n" + public[26:],
	} {
		if got, err := services.ReadClientKey(text); err != nil || got != public {
			t.Errorf("%q = %q, %v", text, got, err)
		}
	}
	address := strings.Repeat("a", 56)
	file := services.ClientFile(address+".onion", private).Reveal()
	for text, reason := range map[string]string{
		file: "private", "": "onion", public[1:]: "onion", public + "A": "onion", "descriptor:ed25519:" + public: "onion",
		strings.Repeat("A", 52): "onion", // everybody could open what it opens
		base32.StdEncoding.EncodeToString(append([]byte{1}, make([]byte, 31)...)): "onion",
		public[:51] + "\r\nClientAuthV3=" + public:                                "onion",
	} {
		_, err := services.ReadClientKey(text)
		if e, ok := err.(*services.Error); !ok || e.Args["reason"] != reason { //nolint:errorlint // as it is returned
			t.Errorf("%q = %v", text, err)
		}
	}
	if !services.HoldsPrivateKey("here: "+file) || services.HoldsPrivateKey("key add descriptor:x25519:"+public) {
		t.Error("a private key is not told from a public one")
	}
}
