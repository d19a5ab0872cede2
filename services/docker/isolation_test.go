package docker

import (
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"testing"

	"onionbot/services"
)

// attempts is a script that tries to connect to each address and says which
// it reached. Without a network the kernel refuses at once; nothing leaves.
func attempts(addresses []string) string {
	var b strings.Builder
	for _, a := range addresses {
		host, port, _ := net.SplitHostPort(a)
		fmt.Fprintf(&b, "(timeout 3 bash -c 'exec 3<>/dev/tcp/%s/%s') 2>/dev/null && echo REACHED %s\n", host, port, a)
	}
	return b.String() + "echo DONE\n"
}

func TestFromInsideNothingIsReachable(t *testing.T) {
	r := open(t)
	other := launch(t, r, services.ContainerSpec{Definition: service(t, "site")})
	spec := launch(t, r, services.ContainerSpec{Definition: service(t, "ssh"), HostKey: newHostKey(t).private})

	// A host service on every address, so that an open road would be seen.
	host, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	_, port, _ := net.SplitHostPort(host.Addr().String())
	targets := []string{"1.1.1.1:80", "8.8.8.8:53", "2606:4700:4700::1111:80", "172.17.0.1:" + port, "127.0.0.1:" + port}
	targets[2] = "[2606:4700:4700::1111]:80"
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			targets = append(targets, net.JoinHostPort(p.Addr().WithZone("").String(), port))
		}
	}
	// The other container's app listens on 8080 of its own loopback.
	targets = append(targets, "127.0.0.1:8080", "127.0.0.1:80", "onion:8080", containerName(other.ID)+":8080")

	out, err := inside(t, spec.ID, appUser(t, spec.ID), attempts(targets))
	if err != nil || !strings.Contains(out, "DONE") || strings.Contains(out, "REACHED") {
		t.Errorf("from %v: %s (%v)", targets, out, err)
	}
	// The same script does reach its own app: it can tell.
	if out, _ = inside(t, spec.ID, appUser(t, spec.ID), attempts([]string{"127.0.0.1:2222"})); !strings.Contains(out, "REACHED") {
		t.Errorf("the script cannot reach its own app: %s", out)
	}
	if out, err := inside(t, spec.ID, appUser(t, spec.ID), "getent ahosts debian.org"); err == nil {
		t.Errorf("a name was resolved: %s", out)
	}
	if out, err := inside(t, spec.ID, appUser(t, spec.ID), "tail -n +3 /proc/net/dev | cut -d: -f1"); err != nil || strings.TrimSpace(out) != "lo" {
		t.Errorf("interfaces: %s (%v)", out, err)
	}
}

// Whoever is inside, whatever uid, whatever capability: there is no directory
// in which a symlink for tor, or anything at all, could be put.
func TestAppCannotReplaceASocket(t *testing.T) {
	r := open(t)
	d := service(t, "site")
	d.Caps = []string{"DAC_OVERRIDE", "CHOWN", "FOWNER", "SETUID", "SETGID"}
	d.User = "0:0" // as bad as an operator's own service can be: root, on a host where the bot is root
	d.Tmpfs = map[string]string{"/tmp": "rw,noexec,nosuid,nodev,size=16m,mode=1777"}
	spec := launch(t, r, services.ContainerSpec{Definition: d})
	script := `cd / ; umask 0
for name in 80.sock shim.sock x; do
  ln -s /run/docker.sock /onion/sock/$name && echo LINKED
  touch /onion/sock/$name && echo TOUCHED
done
mkdir /onion/sock && echo MADE
mv /onion/sock /onion/gone && echo MOVED
ln -s /run/docker.sock /onion/control/x && echo LINKED
echo 9999999999999 > /onion/control/deadline && echo PROLONGED
ls -A /onion/sock | grep . && echo FOUND
exit 0`
	for _, user := range []string{"0:0", "1000:1000"} {
		out, err := inside(t, spec.ID, user, script)
		for _, word := range []string{"LINKED", "TOUCHED", "MADE", "MOVED", "PROLONGED", "FOUND"} {
			if err != nil || strings.Contains(out, word) {
				t.Fatalf("as %s: %s (%v)", user, out, err)
			}
		}
	}
	if err := r.layout(spec.ID).checkSockets(expectedSockets(d)); err != nil {
		t.Error(err)
	}
}

func TestAppCannotLookIntoTheShim(t *testing.T) {
	r := open(t)
	spec := launch(t, r, services.ContainerSpec{Definition: service(t, "site")})
	out, err := inside(t, spec.ID, appUser(t, spec.ID),
		`for f in environ mem maps fd/0 root/etc/passwd; do head -c1 /proc/1/$f >/dev/null 2>&1 && echo READ $f; done
kill -KILL 1; kill -STOP 1; kill -HUP 1; kill -QUIT 1; kill -USR1 1
grep CapEff /proc/self/status; grep NoNewPrivs /proc/self/status; grep Seccomp: /proc/self/status
touch /x 2>/dev/null && echo WROTE; grep -v "^#" /etc/resolv.conf; exit 0`)
	if err != nil || strings.Contains(out, "READ") || strings.Contains(out, "WROTE") {
		t.Errorf("%s (%v)", out, err)
	}
	for _, want := range []string{"CapEff:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %s", want, out)
		}
	}
	if c, err := r.Inspect(t.Context(), spec.ID); err != nil || c.State != services.ContainerRunning {
		t.Errorf("signals from inside ended it: %+v, %v", c, err)
	}
}

func TestNothingIsLogged(t *testing.T) {
	r := open(t)
	spec := launch(t, r, services.ContainerSpec{Definition: service(t, "site")})
	get(t, browser(r, spec), "/a-telling-path")
	out, err := exec.CommandContext(t.Context(), "docker", "logs", containerName(spec.ID)).CombinedOutput()
	if err == nil || strings.Contains(string(out), "telling") {
		t.Errorf("there is a log: %s", out)
	}
}
