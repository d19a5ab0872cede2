package e2e

import (
	"regexp"
	"testing"
	"time"
)

var inviteLink = regexp.MustCompile(`http://[a-z2-7]{56}\.onion/\.account/join/([a-z2-7]{26})/`)

// TestPodIsMadeWrittenAndReadThroughTor has the Solid project's own library do
// what an app does, with an account that was made through the onion.
func TestPodIsMadeWrittenAndReadThroughTor(t *testing.T) {
	c := newClients(t)
	b := newBot(t, twoUsers)
	b.start()
	began := time.Now()
	out := b.awaitStart("solid", "for", "1h")
	t.Logf("reachable %v after it was asked for, the image's build included", time.Since(began).Round(time.Second))
	onion, invite := address(t, out), inviteLink.FindStringSubmatch(out)
	if invite == nil {
		t.Fatalf("no invitation link in: %s", out)
	}
	c.must([]string{
		"headers that tell of the host: none",
		"account without an invitation: 403",
		"invitation link: 303 to /.account/login/password/register/",
		"account with it: 200",
		"pod http://" + onion + "/ann/",
		"logged in: true, as the pod owner",
		"read: written through Tor",
		"file: hello from a pod",
		"a stranger reads it: 401",
		"a stranger reads what is public: 200, and writes it: 401",
		"more than there is room for: 413",
		"afterwards: 200",
	}, `torsocks node solid.mjs "$1" "$2"`, onion, invite[1])
	began = time.Now()
	again := b.awaitStart("solid", "as", "again", "for", "1h")
	t.Logf("another one: reachable after %v", time.Since(began).Round(100*time.Millisecond))
	b.ctl("stop", "solid")
	b.ctl("stop", "again")
	b.wantNothingLeft(onion, invite[1], address(t, again))
}

// awaitStart starts what may take longer than a reply waits, and returns what
// the owner is told once it is reachable.
func (b *bot) awaitStart(words ...string) string {
	b.t.Helper()
	out := b.ctl(append([]string{"start"}, words...)...)
	name := words[0]
	if len(words) > 2 && words[1] == "as" {
		name = words[2]
	}
	wait(b.t, 20*time.Minute, "reachable: "+name, func() bool {
		out, _ = b.try("status", name)
		return regexp.MustCompile(`(?m)is reachable`).MatchString(out)
	})
	return out
}
