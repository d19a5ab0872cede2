package e2e

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"onionbot/e2e/browser"
)

// scripted is a page that says whether scripts run.
const scripted = `<!doctype html><title>t</title><p id=p>without scripts</p><script>document.getElementById("p").textContent = "with " + "scripts"</script>`

// TestSitesAndShellsOpenWithEveryClient opens a site and a shell with the
// programs that people have.
func TestSitesAndShellsOpenWithEveryClient(t *testing.T) {
	c := newClients(t)
	key := newKeyFile(t)
	b := newBot(t, sshUser(key.signer))
	b.start()
	out, err := b.sends("page.html", scripted, "start", "site", "for", "1h")
	if err != nil || !strings.Contains(out, "reachable") {
		t.Fatalf("%v: %s", err, out)
	}
	site := address(t, out)
	shell, print := b.beginShell()
	c = c.with("--volume", key.path+":/key:ro")
	for name, story := range map[string]struct{ script, want string }{
		"a program of one's own in Python": {`./socks5 "$SOCKS" "$1" 80`, "without scripts"},
		"curl":                             {`curl -sS --socks5-hostname "$SOCKS" "http://$1/"`, "without scripts"},
		"torsocks curl":                    {`torsocks curl -sS "http://$1/"`, "without scripts"},
	} {
		t.Run(name, func(t *testing.T) {
			(&clients{t: t, flags: c.flags}).must([]string{story.want}, story.script, site)
		})
	}
	for name, scripts := range map[string]bool{"with scripts": true, "without scripts": false} {
		t.Run("Chromium "+name, func(t *testing.T) {
			if browser.Find() == "" {
				t.Fatal("there is no Chromium: apt-get install chromium")
			}
			window := browser.Start(t, browser.Options{SOCKS: shared.visitor.SOCKSAddr(), Scripts: scripts})
			window.Go("http://" + site + "/")
			window.Await(fmt.Sprintf("document.getElementById('p').textContent === %q", name))
		})
	}
	for name, via := range map[string]string{
		"torsocks": "torsocks ./ssh-as-onion", "ProxyCommand": `./ssh-as-onion -o "ProxyCommand=nc -X 5 -x $SOCKS %h %p"`,
	} {
		t.Run("ssh and scp by "+name, func(t *testing.T) {
			script := via + ` ssh onion@"$1" 'echo "I am $(id -un)"; cat > up' <<< "by ssh"
` + via + ` scp onion@"$1":up down; cat down`
			out := (&clients{t: t, flags: c.flags}).must([]string{"I am onion", "by ssh"}, script, shell)
			if !strings.Contains(out, print) {
				t.Errorf("the client sees another host key than %s", print)
			}
		})
	}
}

// keyFile is a user's ssh key as ssh reads it.
type keyFile struct {
	signer ssh.Signer
	path   string
}

func newKeyFile(t *testing.T) keyFile {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return keyFile{signer: must(ssh.NewSignerFromKey(private)), path: path}
}

var ownersLink = regexp.MustCompile(`http://[a-z2-7]{56}\.onion/([a-z2-7]{26})/`)

// TestOnionShareReceivesBesideADrop has OnionShare's own program and a drop of
// ours on the same network, opened and filled by the same client.
func TestOnionShareReceivesBesideADrop(t *testing.T) {
	c := newClients(t)
	b := newBot(t, twoUsers)
	b.start()
	out := b.awaitStart("drop", "for", "1h")
	link := ownersLink.FindStringSubmatch(out)
	if link == nil {
		t.Fatalf("no link for the owner in: %s", out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	host, err := shared.network.StartClient(ctx, "onionshare")
	if err != nil {
		t.Fatal(err)
	}
	defer host.Stop()
	c = c.with("--volume", host.ControlSocket()+":/control.sock")
	out = c.must([]string{
		"onionshare: 200", "onionshare received: from a visitor", "drop: 200", "drop received: from a visitor",
	}, `./onionshare "$1" "$2"`, address(t, out), link[1])
	for line := range strings.Lines(out) {
		if header, ours := strings.CutPrefix(line, "drop header "); ours && telling.MatchString(header) {
			t.Errorf("ours tells of its host: %s", header)
		}
	}
}

// telling are headers that say what runs where, or what the clock there says.
var telling = regexp.MustCompile(`(?i)^(server|x-powered-by|date|last-modified|expires):`)
