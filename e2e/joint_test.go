package e2e

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// beginJoint starts a site and a shell behind one address, and returns it with
// the host key's fingerprint.
func (b *bot) beginJoint(words ...string) (onion, fingerprint string) {
	b.t.Helper()
	onion = b.begin(words...)
	out := b.ctl("status")
	fingerprint = hostPrint.FindString(out)
	for _, line := range []string{"site: http://" + onion + "/", "ssh: torsocks ssh -p 22 onion@" + onion} {
		if fingerprint == "" || !strings.Contains(out, line) {
			b.t.Fatalf("the answer lacks %q or the fingerprint: %s", line, out)
		}
	}
	if names := b.containers(); len(names) != 2 {
		b.t.Fatalf("containers: %v", names)
	}
	return onion, fingerprint
}

// wantJoint opens both services of the address.
func wantJoint(t *testing.T, onion, fingerprint string, key ssh.Signer) {
	t.Helper()
	if page := mustVisit(t, onion); !strings.Contains(page, "<title>") {
		t.Errorf("page: %.300s", page)
	}
	client := mustLogin(t, onion, fingerprint, key)
	if out, err := session(t, client).Output("id -un"); err != nil || string(out) != "onion\n" {
		t.Errorf("%q, %v", out, err)
	}
}

func TestSiteAndShellBehindOneAddress(t *testing.T) {
	t.Parallel()
	key := newUserKey(t)
	b := newBot(t, sshUser(key))
	b.start()
	onion, fingerprint := b.beginJoint("site,", "ssh", "as", "camp", "for", "1h")
	wantJoint(t, onion, fingerprint, key)
	if out, err := b.try("start", "site", "and", "ssh", "once"); err == nil || !strings.Contains(out, "end by time alone") {
		t.Errorf("%v: %s", err, out)
	}

	whole := b.containers()
	b.loseContainer(whole[0])
	began := time.Now()
	tent := b.begin("site+ssh", "for", briefly)
	page, shell := hold(t, tent, 80), hold(t, tent, 22)
	wait(t, 90*time.Second, "repaired", func() bool {
		return len(b.containers()) == 4 && strings.Contains(b.ctl("status", "camp"), "is reachable")
	})
	wantJoint(t, onion, fingerprint, key)
	b.kill()
	b.wantCutAt(began, page, shell)
	wantDark(t, tent)

	b.start()
	wait(t, 60*time.Second, "rid of what has ended", func() bool { return len(b.containers()) == 2 })
	wantJoint(t, onion, fingerprint, key)
	b.ctl("stop", "camp")
	b.wantEnded(onion, fingerprint, tent)
}

// loseContainer removes one container behind the bot's back.
func (b *bot) loseContainer(name string) {
	b.t.Helper()
	if out, err := exec.Command("docker", "rm", "-f", name).CombinedOutput(); err != nil {
		b.t.Fatalf("docker rm: %v\n%s", err, out)
	}
}

// wantCutAt sees that connections to something that was started for a brief
// life end with it.
func (b *bot) wantCutAt(began time.Time, connections ...<-chan time.Time) {
	b.t.Helper()
	for n, cut := range connections {
		select {
		case at := <-cut:
			if late := at.Sub(began.Add(brief)); late < -2*time.Second || late > 7*time.Second {
				b.t.Errorf("connection %d was cut %v from the deadline", n, late)
			}
		case <-time.After(90 * time.Second):
			b.t.Fatal("it lived on without the bot")
		}
	}
}
