package docker

import (
	"crypto/rand"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"onionbot/services"
	"onionbot/services/shim/selftest"
)

// Bounds of what a self-test is told: it is one request to the shim.
const (
	maxAddresses = 64
	maxAbstract  = 32
	maxOthers    = 16
	maxName      = 100 // bytes of an abstract socket's name
)

// surroundings are what an instance's app must not reach, as the host sees it
// now. One of the abstract sockets is made for the test alone, so that there
// always is one; done takes it away.
func (r *Runtime) surroundings(spec services.ContainerSpec, who identity) (host *selftest.Host, done func()) {
	l := r.layout(spec.ID)
	host = &selftest.Host{
		Addresses:  hostAddresses(),
		Abstract:   abstractSockets("/proc/net/unix"),
		Sockets:    append(r.othersSockets(spec.ID), l.shim()),
		Files:      []string{l.dir, l.deadline(), l.report()},
		Namespaces: ownNamespaces(),
	}
	if path, ok := strings.CutPrefix(r.cli.DaemonHost(), "unix://"); ok {
		host.Sockets = append(host.Sockets, path)
	}
	asked := r.hostConfig(spec, who, logNone)
	for _, m := range asked.Mounts {
		host.Mounts = append(host.Mounts, m.Target)
	}
	host.Mounts = slices.AppendSeq(host.Mounts, maps.Keys(asked.Tmpfs))
	bait := "onionbot-" + rand.Text()
	ear, err := net.ListenUnix("unix", &net.UnixAddr{Name: "@" + bait, Net: "unix"})
	if err != nil {
		return host, func() {}
	}
	host.Abstract = append(host.Abstract, bait)
	return host, func() { _ = ear.Close() }
}

// hostAddresses are those of all interfaces.
func hostAddresses() []netip.Addr {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var out []netip.Addr
	for _, a := range all {
		if p, err := netip.ParsePrefix(a.String()); err == nil && len(out) < maxAddresses {
			out = append(out, p.Addr().WithZone(""))
		}
	}
	return out
}

// abstractSockets are the names in a list like /proc/net/unix.
func abstractSockets(list string) []string {
	data, err := os.ReadFile(list)
	if err != nil {
		return nil
	}
	var names []string
	for line := range strings.Lines(string(data)) {
		words := strings.Fields(line)
		if len(words) != 8 || len(names) == maxAbstract {
			continue
		}
		name, ok := strings.CutPrefix(words[7], "@")
		// The kernel writes zeros as @, too: what has some is not the name.
		if ok && name != "" && len(name) <= maxName && !strings.Contains(name, "@") && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// othersSockets are the control sockets of other instances.
func (r *Runtime) othersSockets(id string) []string {
	dirs, err := r.listDirs()
	if err != nil {
		return nil
	}
	var paths []string
	for _, other := range dirs {
		if other != id && len(paths) < maxOthers {
			paths = append(paths, r.layout(other).shim())
		}
	}
	return paths
}

// ownNamespaces are those of the bot that no container may share.
func ownNamespaces() map[string]string {
	own := make(map[string]string)
	for _, kind := range []string{"net", "pid", "mnt", "uts", "ipc"} {
		if id, err := os.Readlink(filepath.Join("/proc/self/ns", kind)); err == nil {
			own[kind] = id
		}
	}
	return own
}
