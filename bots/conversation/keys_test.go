package conversation

import (
	"context"
	"io"
	"strings"
	"testing"

	"onionbot/bots"
)

// Keys as ssh-keygen writes them.
const (
	keyOne = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
	keyTwo = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIBWpr8fM6gYPMHjGcbFbwrnM9wwHKlSpZhVVF1tGyJO ana@phone"
	oldDSA = "ssh-dss AAAAB3NzaC1kc3MAAACBAP"
)

func TestKeysAreGivenAndTakenBack(t *testing.T) {
	w := newWorld(t, ticking(noon))
	w.letIn("ana", "7", "invite ana services ssh max 3")
	for _, step := range []struct{ text, want string }{
		{"start ssh", "key add ssh-ed25519"},
		{"keys", "no public ssh key"},
		{"key add " + keyOne, "Key 1 is ssh-ed25519 SHA256:"},
		{"Key add " + keyOne + " again", "given that key already"},
		{keyTwo, "Key 2 is ssh-ed25519 SHA256:"},
		{"keys", "(anaphone)"},
		{"start ssh", "Host key"},
		{"key remove 3", "no key of that number"},
		{"key remove 1", "You have 1 key."},
		{"keys", "1. ssh-ed25519"},
		{"key add", "Which key?"},
		{"key add command=\"sh\" " + keyOne, "has options"},
		{"key add from=\"*\",no-pty " + keyOne, "has options"},
		{"key add ssh-ed25519 nonsense", "can't read that"},
		{oldDSA, "can't read that"},
		{"key paint blue", "I don't understand “paint”"},
	} {
		if got := w.say(w.message("7", step.text)); !strings.Contains(got, step.want) {
			t.Errorf("%q: %q, want %q", step.text, got, step.want)
		}
	}
	if got := w.access.Lookup("test", "7").SSHKeys; len(got) != 1 || got[0] != keyTwo {
		t.Errorf("ana's keys are %q", got)
	}
	if got := w.say(w.message("1", "key remove 1")); !strings.Contains(got, "stands in the configuration") {
		t.Errorf("a key of the configuration: %q", got)
	}
}

func TestAKeyComesAsAFile(t *testing.T) {
	w := newWorld(t, ticking(noon))
	m := w.message("2", "key add")
	m.Attachments = []bots.Attachment{file(keyTwo + "\n")}
	if got := w.say(m); !strings.Contains(got, "Key 1 is ssh-ed25519") {
		t.Errorf("%q", got)
	}
	m = w.message("2", "key add")
	m.Attachments = []bots.Attachment{file(strings.Repeat("x", 1<<20))}
	if got := w.say(m); !strings.Contains(got, "can't read that") {
		t.Errorf("a large file: %q", got)
	}
	m = w.message("2", "key add")
	m.Attachments = []bots.Attachment{file("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n")}
	if got := w.say(m); !strings.Contains(got, "PRIVATE key") || w.store.Scrubs() != 1 {
		t.Errorf("a private key: %q", got)
	}
}

func TestPrivateKeysAreRefusedWhereverTheyStand(t *testing.T) {
	for _, text := range []string{
		"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----",
		"key add -----BEGIN RSA PRIVATE KEY-----", "start site\n-----BEGIN EC PRIVATE KEY-----\nMHc",
		"AGE-SECRET-KEY-1QQQ", "PuTTY-User-Key-File-3: ssh-ed25519",
	} {
		w := newWorld(t, ticking(noon))
		got := w.say(w.message("1", text))
		if !strings.Contains(got, "PRIVATE key") || !strings.Contains(got, "Delete that message") || w.alive() != 0 || w.store.Scrubs() != 1 {
			t.Errorf("%q: %q, %d scrubs", text, got, w.store.Scrubs())
		}
		if got := w.say(w.message("9", text)); got != "" {
			t.Errorf("a stranger reads %q", got)
		}
	}
}

func file(text string) bots.Attachment {
	return bots.Attachment{Name: "id.pub", Size: -1, Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(text)), nil
	}}
}
