package e2e

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
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
		"a program of one's own in Python": {`python3 socks.py "$SOCKS" "$1" 80`, "without scripts"},
		"curl":                             {`curl -sS --socks5-hostname "$SOCKS" "http://$1/"`, "without scripts"},
		"torsocks curl":                    {`torsocks curl -sS "http://$1/"`, "without scripts"},
		"Chromium":                         {`./browser "http://$1/"`, "<p id=\"p\">with scripts</p>"},
		"Chromium without scripts":         {`./browser "http://$1/" --blink-settings=scriptEnabled=false`, "<p id=\"p\">without scripts</p>"},
	} {
		t.Run(name, func(t *testing.T) {
			(&clients{t: t, flags: c.flags}).must([]string{story.want}, story.script, site)
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

// TestOnionShareReceivesBesideIt: OnionShare's own program on the same network,
// opened and used by the same clients.
func TestOnionShareReceivesBesideIt(t *testing.T) {
	c := newClients(t)
	b := newBot(t, twoUsers)
	b.start()
	site := b.begin("site", "for", "1h")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	host, err := shared.network.StartClient(ctx, "onionshare")
	if err != nil {
		t.Fatal(err)
	}
	defer host.Stop()
	c = c.with("--volume", host.ControlSocket()+":/control.sock")
	out := c.must([]string{"onionshare: 200", "onionbot: 200", "received: from a visitor"}, `./onionshare "$1"`, site)
	for line := range strings.Lines(out) {
		if header, ok := strings.CutPrefix(line, "onionbot header "); ok && strings.HasPrefix(strings.ToLower(header), "date:") {
			t.Errorf("ours tells the host's clock: %s", header)
		}
	}
}
