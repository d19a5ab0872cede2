package e2e

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// startsByChat starts something at a prompt and returns its address once it is
// called reachable.
func (c *chat) starts(line string) string {
	c.t.Helper()
	mark := len(c.screen.String())
	c.say(line)
	c.hear(60*time.Second, mark, "is reachable (checked")
	return address(c.t, c.screen.String()[mark:])
}

// wantLastWord waits for the word that something is gone, for this reason and
// checked, and sees that it is said once.
func (c *chat) wantLastWord(limit time.Duration, name, reason string) {
	c.t.Helper()
	gone := name + " is gone: "
	c.hear(limit, 0, gone)
	text := c.screen.String()
	if !strings.Contains(text, gone+reason+".") || !strings.Contains(text, "the address no longer opens (checked)") {
		c.t.Errorf("not gone because %s, checked:\n%s", reason, onionAddress.ReplaceAllString(text, "….onion"))
	}
	if n := strings.Count(text, gone); n != 1 {
		c.t.Errorf("said %d times that it is gone", n)
	}
}

// TestOnceIsOneVisitWithAllItsConnections opens a page as a browser does, and
// reloads it: that is one visit, and the last.
func TestOnceIsOneVisitWithAllItsConnections(t *testing.T) {
	t.Parallel()
	b := newBot(t, twoUsers)
	b.start()
	c := b.chat()
	onion := c.starts("start site for 10m once")
	if text := c.screen.String(); !strings.Contains(text, "or earlier: after 1 visit.") {
		t.Errorf("the answer does not say how it ends:\n%s", text)
	}
	for range 3 {
		mustVisit(t, onion)
	}
	if status := b.ctl("status", "site"); !strings.Contains(status, "is reachable") {
		t.Errorf("while its visitor may still click: %s", status)
	}
	c.wantLastWord(90*time.Second, "site", "it had the visits you gave")
	wantDark(t, onion)
	b.wantNothingLeft(onion, strings.TrimSuffix(onion, ".onion"))
}

// TestThreeVisitsAreThree counts the connections to a shell, of which each is
// a visit. The bot has opened the address too: that was none.
func TestThreeVisitsAreThree(t *testing.T) {
	t.Parallel()
	key := newUserKey(t)
	b := newBot(t, sshUser(key))
	b.start()
	c := b.chat()
	onion := c.starts("start ssh for 10m for 3 visits")
	fingerprint := hostPrint.FindString(c.screen.String())
	for range 2 {
		client := mustLogin(t, onion, fingerprint, key)
		if out, err := session(t, client).Output("id -un"); err != nil || string(out) != "onion\n" {
			t.Fatalf("%q, %v", out, err)
		}
		_ = client.Close()
	}
	last := mustLogin(t, onion, fingerprint, key)
	if client, err := login(t, onion, fingerprint, ssh.PublicKeys(key)); err == nil {
		_ = client.Close()
		t.Error("a fourth visitor came in")
	}
	if out, err := session(t, last).Output("id -un"); err != nil || string(out) != "onion\n" {
		t.Errorf("the last visitor was cut off: %q, %v", out, err)
	}
	_ = last.Close()
	c.wantLastWord(60*time.Second, "ssh", "it had the visits you gave")
	b.wantNothingLeft(onion, strings.TrimSuffix(onion, ".onion"))
}

// TestNobodyForTheTimeThatWasGiven keeps coming for longer than the idle time,
// and then stays away.
func TestNobodyForTheTimeThatWasGiven(t *testing.T) {
	t.Parallel()
	const idle = 12 * time.Second
	b := newBot(t, twoUsers)
	b.start()
	c := b.chat()
	onion := c.starts("start site for 10m idle 12s")
	began, left := time.Now(), time.Now()
	for time.Since(began) < idle+3*time.Second {
		mustVisit(t, onion)
		left = time.Now()
		time.Sleep(500 * time.Millisecond) // a visitor, not a flood
	}
	c.wantLastWord(60*time.Second, "site", "nobody came for the time you gave")
	if after := time.Since(left); after < idle {
		t.Errorf("gone %v after the last visitor, %v were given", after, idle)
	}
	wantDark(t, onion)
	b.wantNothingLeft(onion, strings.TrimSuffix(onion, ".onion"))
}
