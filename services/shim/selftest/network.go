package selftest

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
)

// outside are addresses that no container may have a route to.
var outside = []struct{ address, what string }{ //nolint:gochecknoglobals // a table
	{"1.1.1.1", "the internet"},
	{"2606:4700:4700::1111", "the internet"},
	{"169.254.169.254", "the cloud's metadata"},
	{"fd00:ec2::254", "the cloud's metadata"},
	{"100.100.100.200", "the cloud's metadata"},
	{"168.63.129.16", "the cloud's metadata"},
	{"10.0.0.1", "a local network"},
	{"172.16.0.1", "a local network"},
	{"192.168.0.1", "a local network"},
}

// interfaces finds those that are up, beside the loopback. Kernels may put
// tunnels that are down into every network.
func (f *findings) interfaces() {
	all, err := net.Interfaces()
	if err != nil {
		f.add("the network interfaces cannot be listed: %v", err)
	}
	for _, i := range all {
		if i.Flags&net.FlagLoopback == 0 && i.Flags&net.FlagUp != 0 {
			f.add("network interface %s", i.Name)
		}
	}
}

// wayOut finds addresses of the outside that there is a way to.
func (f *findings) wayOut() {
	for _, o := range outside {
		if hasRoute(netip.MustParseAddr(o.address)) {
			f.add("%s at %s", o.what, o.address)
		}
	}
}

// host finds addresses of the host that there is a way to.
func (f *findings) host(addresses []netip.Addr) {
	for _, a := range addresses {
		a = a.Unmap()
		if !a.IsLoopback() && !a.IsUnspecified() && hasRoute(a) {
			f.add("the host at %s", a)
		}
	}
}

// hasRoute asks the kernel for the way to an address. Nothing is sent.
func hasRoute(a netip.Addr) bool {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, 80)))
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

const (
	resolvConf = "/etc/resolv.conf"
	dnsPort    = 53
	maxServers = 8
	// refusal is how long the kernel may take to say that nobody listens on the
	// loopback: it says so at once, unless the machine is very busy.
	refusal = 300 * time.Millisecond
)

// question is a DNS query for the root's name servers.
const question = "\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01"

// names finds name servers that answer: those of the container's settings, and
// that of the container engine itself.
func (f *findings) names(settings string) {
	servers := []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.11")}
	data, _ := os.ReadFile(settings)
	for line := range strings.Lines(string(data)) {
		words := strings.Fields(line)
		if len(words) < 2 || words[0] != "nameserver" {
			continue
		}
		if a, err := netip.ParseAddr(words[1]); err == nil && !slices.Contains(servers, a.WithZone("")) {
			servers = append(servers, a.WithZone(""))
		}
	}
	for _, a := range servers[:min(len(servers), maxServers)] {
		if a.IsLoopback() && listens(a) || !a.IsLoopback() && hasRoute(a) {
			f.add("a name server at %s", a)
		}
	}
}

// listens asks a name server on the loopback. Nobody there is known at once.
func listens(a netip.Addr) bool {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, dnsPort)))
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(refusal))
	_, err = conn.Write([]byte(question))
	if err == nil {
		_, err = conn.Read(make([]byte, 512))
	}
	return err == nil || errors.Is(err, os.ErrDeadlineExceeded)
}

// families finds kinds of sockets that lead out of a container without a
// network, or that the kernel should not be asked for.
func (f *findings) families() {
	const vsock, xdp, alg = 40, 44, 38
	for _, s := range []struct {
		what                   string
		family, kind, protocol int
	}{
		{"AF_VSOCK, which leaves a virtual machine", vsock, syscall.SOCK_STREAM, 0},
		{"AF_VSOCK, which leaves a virtual machine", vsock, syscall.SOCK_DGRAM, 0},
		{"AF_PACKET, which sees what others send", syscall.AF_PACKET, syscall.SOCK_RAW, 0},
		{"AF_PACKET, which sees what others send", syscall.AF_PACKET, syscall.SOCK_DGRAM, 0},
		{"AF_XDP, which sees what others send", xdp, syscall.SOCK_RAW, 0},
		{"AF_ALG, the kernel's ciphers", alg, syscall.SOCK_SEQPACKET, 0},
		{"raw sockets", syscall.AF_INET, syscall.SOCK_RAW, syscall.IPPROTO_ICMP},
		{"raw sockets", syscall.AF_INET6, syscall.SOCK_RAW, syscall.IPPROTO_ICMPV6},
		{"netlink beside that of addresses: sock_diag", syscall.AF_NETLINK, syscall.SOCK_RAW, 4},
		{"netlink beside that of addresses: netfilter", syscall.AF_NETLINK, syscall.SOCK_RAW, syscall.NETLINK_NETFILTER},
		{"netlink beside that of addresses: uevent", syscall.AF_NETLINK, syscall.SOCK_RAW, syscall.NETLINK_KOBJECT_UEVENT},
		{"netlink beside that of addresses: generic", syscall.AF_NETLINK, syscall.SOCK_RAW, syscall.NETLINK_GENERIC},
	} {
		fd, err := syscall.Socket(s.family, s.kind|syscall.SOCK_CLOEXEC, s.protocol)
		if err == nil {
			_ = syscall.Close(fd)
			f.add("%s", s.what)
		}
	}
}
