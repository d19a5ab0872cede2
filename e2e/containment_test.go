package e2e

import (
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// reach is a script that tries to connect to each target and says which it
// reached. Without a network the kernel refuses at once.
func reach(targets []string) string {
	var b strings.Builder
	for _, target := range targets {
		host, port, _ := net.SplitHostPort(target)
		fmt.Fprintf(&b, "(timeout 3 bash -c 'exec 3<>/dev/tcp/%s/%s') 2>/dev/null && echo REACHED %s\n", host, port, target)
	}
	return b.String() + "echo DONE\n"
}

// misbehave is what an app that was taken over tries, in words that the test
// looks for.
const misbehave = `umask 0
touch /x 2>/dev/null && echo WROTE to the root
touch /etc/passwd 2>/dev/null && echo WROTE /etc/passwd
echo 9999999999999 2>/dev/null >/onion/control/deadline && echo PROLONGED
(echo 9999999999999 >/tmp/d && mv -f /tmp/d /onion/control/deadline) 2>/dev/null && echo PROLONGED by replacing
rm -rf /onion/control/deadline 2>/dev/null; [ -s /onion/control/deadline ] || echo REMOVED the deadline
mount -o remount,rw / 2>/dev/null && echo REMOUNTED
for s in 80.sock 22.sock shim.sock x; do
  ln -s /run/docker.sock /onion/sock/$s 2>/dev/null && echo LINKED $s
  touch /onion/sock/$s 2>/dev/null && echo TOUCHED $s
done
find /onion -type s 2>/dev/null | sed 's/^/SOCKET /'
[ -e /run/docker.sock ] && echo SOCKET of the engine
for f in environ mem maps fd/0; do head -c1 /proc/1/$f >/dev/null 2>&1 && echo TRACED $f; done
for s in KILL STOP HUP QUIT USR1; do kill -$s 1 2>/dev/null; done
getent ahosts debian.org >/dev/null 2>&1 && echo RESOLVED
for p in /proc/[0-9]*; do tr '\0' ' ' <$p/cmdline 2>/dev/null; echo; done | grep -E "[d]ockerd|[c]ontainerd|[e]2e.test|onionbot [rc](un|tl)" | sed 's/^/SEEN /'
grep -E 'CapEff|CapPrm|CapBnd|NoNewPrivs|Seccomp:' /proc/self/status | tr -s '\t' ' '
tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ' | sed 's/^/interface /'
ls /sys/class/net >/dev/null 2>&1 && echo 'HARDWARE LISTED'
echo DONE
`

// TestFromInsideNothingElseIsReachable tries, from a shell in each service's
// container, every way out.
func TestFromInsideNothingElseIsReachable(t *testing.T) {
	t.Parallel()
	key := newUserKey(t)
	b := newBot(t, sshUser(key))
	b.start()
	site := b.begin("site", "for", "30m")
	shell, fingerprint := b.beginShell()
	targets := append(hostService(t), neighbour(t, b), "1.1.1.1:80", "8.8.8.8:53", "[2606:4700:4700::1111]:80",
		"debian.org:80", "host.docker.internal:80", "172.17.0.1:22")

	for name, own := range b.ownPorts() {
		out := inside(t, name, "0:0", "whoami; "+reach([]string{"127.0.0.1:" + own}))
		if !strings.Contains(out, "REACHED") {
			t.Errorf("the script cannot even reach the app it is with: %s", out)
		}
		app := docker(t, "inspect", "-f", `{{index .Config.Labels "onionbot.user"}}`, name)
		for _, user := range []string{app, "0:0", "1234:1234"} {
			wantContained(t, name+" as "+user, inside(t, name, user, reach(append(targets, others(own)...))))
			wantContained(t, name+" as "+user, inside(t, name, user, misbehave))
		}
	}

	// The same from a shell that was entered through the onion.
	client := mustLogin(t, shell, fingerprint, key)
	for _, script := range []string{reach(append(targets, others("2222")...)), misbehave} {
		s := session(t, client)
		s.Stdin = strings.NewReader(script)
		out, err := s.CombinedOutput("bash -s")
		if err != nil {
			t.Errorf("by ssh: %v", err)
		}
		wantContained(t, "by ssh", string(out))
	}

	// What was tried has ended or prolonged nothing.
	mustVisit(t, site)
	if out, err := session(t, client).Output("echo alive"); err != nil || string(out) != "alive\n" {
		t.Errorf("%q, %v", out, err)
	}
}

// hostService listens on every address of the host and returns them: the
// bridge's too.
func hostService(t *testing.T) []string {
	t.Helper()
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	_, port, _ := net.SplitHostPort(l.Addr().String())
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, a := range addrs {
		p, err := netip.ParsePrefix(a.String())
		if err != nil || p.Addr().IsLinkLocalUnicast() {
			continue
		}
		target := net.JoinHostPort(p.Addr().String(), port)
		conn, err := net.DialTimeout("tcp", target, 5*time.Second)
		if err != nil {
			t.Errorf("the host itself cannot reach %s, so nothing is shown by trying: %v", target, err)
			continue
		}
		_ = conn.Close()
		targets = append(targets, target)
	}
	return targets
}

// neighbour runs a web server in an ordinary container on the engine's
// bridge, and returns its address.
func neighbour(t *testing.T, b *bot) string {
	t.Helper()
	var image string
	for name, own := range b.ownPorts() {
		if own == "8080" {
			image = docker(t, "inspect", "-f", "{{.Config.Image}}", name)
		}
	}
	id := docker(t, "run", "-d", "--rm", "--entrypoint", "/bin/sh", image, "-c",
		`echo 'events{} http{access_log off; server{listen 8080;}}' >/tmp/n && exec nginx -e stderr -c /tmp/n -g 'daemon off;'`)
	t.Cleanup(func() { _ = exec.Command("docker", "rm", "-f", id).Run() })
	target := net.JoinHostPort(docker(t, "inspect", "-f", "{{.NetworkSettings.IPAddress}}", id), "8080")
	wait(t, 20*time.Second, "listening: the neighbour", func() bool {
		conn, err := net.DialTimeout("tcp", target, time.Second)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return target
}

// ownPorts are the bot's containers and the port that each app listens on.
func (b *bot) ownPorts() map[string]string {
	b.t.Helper()
	ports := make(map[string]string)
	for _, name := range b.containers() {
		args := docker(b.t, "inspect", "-f", "{{join .Args \" \"}}", name)
		_, app, ok := strings.Cut(args, ":")
		if !ok {
			b.t.Fatalf("%s runs %q", name, args)
		}
		ports[name] = app
	}
	return ports
}

// others are the apps' ports of other containers, looked for on the loopback.
func others(own string) []string {
	var targets []string
	for _, port := range []string{"8080", "2222"} {
		if port != own {
			targets = append(targets, "127.0.0.1:"+port, "onion:"+port)
		}
	}
	return targets
}

// inside runs a script in a container.
func inside(t *testing.T, container, user, script string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "docker", "exec", "-i", "-u", user, container, "bash", "-s")
	cmd.Stdin = strings.NewReader(script)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("docker exec: %v\n%s", err, out)
	}
	return string(out)
}

// shimCaps are the capabilities that PID 1 has, and so whoever the engine lets
// in beside the app: SETUID, SETGID, SETPCAP and KILL. The app has none.
const shimCaps = "00000000000001e0"

// wantContained reads what a script says that it could do.
func wantContained(t *testing.T, where, out string) {
	t.Helper()
	if !strings.Contains(out, "DONE") {
		t.Errorf("%s: the script did not end: %s", where, out)
	}
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case line == "DONE", line == "interface lo", line == "":
		case strings.HasPrefix(word, "Cap") && strings.Trim(rest, "0") == "":
		case strings.HasPrefix(word, "Cap") && rest == shimCaps && where != "by ssh":
		case line == "NoNewPrivs: 1", line == "Seccomp: 2":
		default:
			t.Errorf("%s: %s", where, line)
		}
	}
}

// docker runs the engine's client and returns what it prints.
func docker(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "docker", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker %s: %v\n%s", args[0], err, out)
	}
	return strings.TrimSpace(string(out))
}
