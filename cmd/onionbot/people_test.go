package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"onionbot/bots/telegram/telegramtest"
	"onionbot/services"
)

// lastTo waits for a message to somebody on Telegram that has the words.
func (w *wire) lastTo(user int64, words string) telegramtest.Sent {
	w.t.Helper()
	all := w.phone.MustWait(w.t, user, func(all []telegramtest.Sent) bool {
		return len(all) > 0 && strings.Contains(all[len(all)-1].Text, words)
	})
	return all[len(all)-1]
}

// codeIn is the code that the operator reads after a command.
func (w *wire) codeFor(line string) string {
	w.t.Helper()
	w.phone.Type(olga, line)
	sent := w.lastTo(olga, "good once")
	codes := services.FindCodes(sent.Text)
	if len(codes) == 0 {
		w.t.Fatalf("no code in %q", sent.Text)
	}
	return codes[0]
}

func TestAFriendIsLetInOnTelegram(t *testing.T) {
	w := newWire(t)
	const friend = int64(2002)
	w.phone.Type(olga, "list")
	w.lastTo(olga, "Nothing is running")
	code := w.codeFor("invite ana for 24h services site max 1 life 12h")
	sent := w.lastTo(olga, "good once")
	has(t, sent.Text, "https://t.me/onions_bot?start="+code, "my code is "+code, "ana may start site; 1 at once; 12 h each at most")
	if len("/start "+code) > 64+len("/start ") || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz234567-") != "" {
		t.Errorf("Telegram takes no link with %q", code)
	}
	w.phone.Type(friend, "hello?")
	w.phone.Type(friend, "/start aaaaaa-bbbbbb-cccccc-dddddd")
	w.phone.Type(friend, "/start "+code)
	has(t, w.lastTo(friend, "You are in").Text, "You are in, as ana", "may start site; 1 at once")
	if n := len(w.phone.Chat(friend)); n != 1 {
		t.Errorf("as a stranger the friend read %d messages", n-1)
	}
	has(t, w.lastTo(olga, "ana is in").Text, "on telegram, by user2002")
	w.phone.Type(friend, "start site for 1h")
	w.lastTo(friend, ".onion")
	w.phone.Type(friend, "start site as two")
	w.lastTo(friend, "as many running as you may (1)")
	w.phone.Type(3003, "/start "+code)
	w.phone.Type(ann, "list")
	w.lastTo(ann, "Nothing is running")
	if n := len(w.phone.Chat(3003)); n != 0 {
		t.Errorf("a used code was answered with %d messages", n)
	}
}

func TestAFriendIsLetInOnMastodon(t *testing.T) {
	w := newWire(t)
	w.phone.Type(olga, "list")
	w.lastTo(olga, "Nothing is running")
	bob, eve := w.fedi.AddAccount("bob@remote.example"), w.fedi.AddAccount("eve@evil.example")
	code := w.codeFor("invite bob services site max 1")
	w.fedi.Mention(eve, "direct", "my code is aaaaaa-bbbbbb-cccccc-dddddd")
	w.fedi.Mention(bob, "direct", "Hello, my code is "+code)
	has(t, w.toAlice(1), "@bob@remote.example", "You are in, as bob")
	w.lastTo(olga, "bob is in")
	w.fedi.Mention(bob, "direct", "start site")
	has(t, w.toAlice(2), ".onion", "@bob@remote.example")

	code = w.codeFor("invite carl")
	w.fedi.Mention(eve, "public", "look what I have: "+code)
	has(t, w.lastTo(olga, "has posted a code").Text, "code for carl on mastodon", "worthless now")
	w.fedi.Mention(w.fedi.AddAccount("carl@remote.example"), "direct", code)
	w.fedi.Mention(bob, "direct", "status")
	has(t, w.toAlice(3), "@bob@remote.example")
	if n := len(w.fedi.Posts()); n != 3 {
		t.Errorf("%d posts: a stranger was answered", n)
	}
}

func TestASecondNetworkIsLinkedByACodeOfTheFirst(t *testing.T) {
	w := newWire(t)
	w.phone.Type(ann, "link")
	code := services.FindCodes(w.lastTo(ann, "from the other account").Text)[0]
	bob := w.fedi.AddAccount("bob@remote.example")
	w.fedi.Mention(bob, "direct", code)
	has(t, w.toAlice(1), "This account is ann as well now")
	w.lastTo(ann, "that account is yours, too")
	w.phone.Type(ann, "start site")
	w.lastTo(ann, ".onion")
	w.fedi.Mention(bob, "direct", "list")
	has(t, w.toAlice(2), "site: starting")
}

// onDisk is a configuration whose bot is down.
func onDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "config.toml")
	text := fmt.Sprintf("state_dir = %q\nrun_dir = %q\n[[users]]\nname = \"ann\"\ntelegram = [1]\nservices = [\"*\"]\nmax_instances = 1\n", dir+"/state", dir+"/run")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestInvitingWhileTheBotIsDown(t *testing.T) {
	config := onDisk(t)
	invite := func(args ...string) (string, int) {
		var out, errOut bytes.Buffer
		code := run(append([]string{"invite", "--config", config}, args...), nil, &out, &errOut)
		return out.String() + errOut.String(), code
	}
	text, status := invite("ana", "for", "2h", "services", "site", "max", "2")
	if len(services.FindCodes(text)) == 0 || status != 0 || !strings.Contains(text, "ana may start site; 2 at once") {
		t.Fatalf("%d: %s", status, text)
	}
	for _, tt := range []struct {
		words, want string
		status      int
	}{
		{"ann", "is here already", 1},
		{"bob services nonsense", "no service “nonsense”", 1},
		{"cancel bob", "No code is waiting for “bob”", 1},
		{"cancel ana", "The code for ana is worthless now", 0},
		{"cancel ana", "No code is waiting", 1},
	} {
		if text, status := invite(strings.Fields(tt.words)...); status != tt.status || !strings.Contains(text, tt.want) {
			t.Errorf("invite %s: %d, %s", tt.words, status, text)
		}
	}
}
