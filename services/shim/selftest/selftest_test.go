package selftest

import (
	"bytes"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// This test is no container: everything that it has is found.
func TestOnTheHostItselfEverythingIsFound(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{file + ".sock", "@onionbot-selftest"} {
		l, err := net.Listen("unix", name)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
	}
	mine, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	h := Host{
		Abstract: []string{"onionbot-selftest", "onionbot-nobody"}, Sockets: []string{file + ".sock"}, Files: []string{file, "/nowhere"},
		Namespaces: map[string]string{"net": mine, "pid": "pid:[1]"},
	}
	reached := h.Reached()
	for _, want := range []string{
		"the host's namespace net", "the host's abstract socket @onionbot-selftest",
		"the host's socket " + file + ".sock", "the host's file " + file, "all system calls: they are not filtered",
	} {
		if !slices.Contains(reached, want) {
			t.Errorf("nothing about %q in %q", want, reached)
		}
	}
	for _, s := range reached {
		if strings.Contains(s, "nobody") || strings.Contains(s, "nowhere") || strings.Contains(s, "namespace pid") {
			t.Errorf("found what is not there: %q", s)
		}
	}
}

func TestAddressesOfTheHostAreFoundWhereThereIsAWay(t *testing.T) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		p := netip.MustParsePrefix(a.String())
		var f findings
		f.host([]netip.Addr{p.Addr().WithZone("")})
		found := slices.ContainsFunc(f.list, func(s string) bool {
			return strings.Contains(s, "the host at "+p.Addr().Unmap().WithZone("").String())
		})
		if want := !p.Addr().IsLoopback() && !p.Addr().IsLinkLocalUnicast(); found != want && want {
			t.Errorf("%s: found %t", p.Addr(), found)
		}
	}
	var f findings
	f.host([]netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")})
	if s := strings.Join(f.list, ";"); strings.Contains(s, "the host") {
		t.Errorf("a loopback is nobody else's: %s", s)
	}
}

func TestNameServerOnTheLoopbackIsFoundByItsSilence(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.98:53")
	if err != nil {
		t.Skip("no right to the port: ", err)
	}
	defer conn.Close()
	settings := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(settings, []byte("search .\nnameserver 127.0.0.98\nnameserver 127.0.0.99\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var f findings
	f.names(settings)
	if s := strings.Join(f.list, ";"); !strings.Contains(s, "127.0.0.98") || strings.Contains(s, "127.0.0.99") {
		t.Errorf("found %q", s)
	}
}

const tight = `Name:	onionbot
Groups:	
NoNewPrivs:	1
Seccomp:	2
CapPrm:	0000000000000400
CapEff:	0000000000000400
CapBnd:	0000000000000400
CapAmb:	0000000000000400
`

func TestPrivilegesAreReadFromTheStatus(t *testing.T) {
	for name, c := range map[string]struct{ old, changed, want string }{
		"as they should be": {"", "", ""},
		"no filter":         {"Seccomp:\t2", "Seccomp:\t0", "all system calls: they are not filtered"},
		"new ones":          {"NoNewPrivs:\t1", "NoNewPrivs:\t0", "new privileges by running another program"},
		"a group":           {"Groups:\t", "Groups:\t999", "the groups 999"},
		"one more":          {"CapBnd:\t0000000000000400", "CapBnd:\t0000000000200400", "the capabilities SYS_ADMIN"},
		"an unknown one":    {"CapEff:\t0000000000000400", "CapEff:\t0000080000000400", "the capabilities 43"},
	} {
		t.Run(name, func(t *testing.T) {
			var f findings
			f.status(strings.Replace(tight, c.old, c.changed, 1), []string{"NET_BIND_SERVICE"})
			if got := strings.Join(f.list, ";"); got != c.want {
				t.Errorf("found %q", got)
			}
		})
	}
}

const mounted = `1 2 0:3 / / ro - overlay overlay ro
2 1 0:4 / /proc rw - proc proc rw
3 2 0:5 / /proc/kcore rw - tmpfs tmpfs rw
4 1 0:6 / /sys/fs/cgroup ro - cgroup2 cgroup rw
5 1 8:1 /x /srv/my\040pages ro - ext4 /dev/sda1 rw
6 1 8:1 /etc /proc/sys ro - ext4 /dev/sda1 rw
7 1 8:1 /home /mnt ro - ext4 /dev/sda1 rw
`

func TestMountsThatNobodyAskedForAreFound(t *testing.T) {
	list := filepath.Join(t.TempDir(), "mountinfo")
	if err := os.WriteFile(list, []byte(mounted), 0o600); err != nil {
		t.Fatal(err)
	}
	var f findings
	f.mounts(list, []string{"/srv/my pages/"})
	if got := strings.Join(f.list, ";"); got != "a mount at /proc/sys;a mount at /mnt" {
		t.Errorf("found %q", got)
	}
}

func TestTestThatDoesNotComeToItsEndHasShownNothing(t *testing.T) {
	var answer bytes.Buffer
	if err := Serve(strings.NewReader("{}"), &answer); err != nil {
		t.Fatal(err)
	}
	if _, err := Parse(answer.Bytes()); err != nil {
		t.Error(err)
	}
	for _, text := range []string{"", "null", "[", "panic: no memory"} {
		if reached, err := Parse([]byte(text)); err == nil {
			t.Errorf("%q shows %q", text, reached)
		}
	}
	if got, err := Parse([]byte(`["a\u0007b"]`)); err != nil || got[0] != "a?b" {
		t.Errorf("%q, %v", got, err)
	}
}
