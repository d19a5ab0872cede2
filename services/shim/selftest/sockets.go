package selftest

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// usualSockets are where hosts have sockets that no container may talk to.
var usualSockets = []string{ //nolint:gochecknoglobals // a table
	"/run/docker.sock", "/var/run/docker.sock", "/run/containerd/containerd.sock",
	"/run/podman/podman.sock", "/run/crio/crio.sock",
	"/run/dbus/system_bus_socket", "/run/systemd/private", "/run/systemd/resolve/io.systemd.Resolve",
	"/run/nscd/socket", "/run/tor/control", "/run/tor/socks",
}

// abstract finds sockets of the host that have no path: they belong to a
// network, not to a file system.
func (f *findings) abstract(names []string) {
	for _, name := range names {
		if name != "" && answers("@"+name) {
			f.add("the host's abstract socket @%s", name)
		}
	}
}

// sockets finds sockets of the host, whether the app may speak to them or not.
func (f *findings) sockets(paths []string) {
	for _, path := range append(append([]string{}, usualSockets...), paths...) {
		info, err := os.Stat(path)
		if err == nil && info.Mode().Type() == fs.ModeSocket {
			f.add("the host's socket %s", path)
		}
	}
}

// answers reports whether a local socket is there, of whatever type.
func answers(name string) bool {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, 0)
	if err != nil {
		return false
	}
	defer func() { _ = syscall.Close(fd) }()
	err = syscall.Connect(fd, &syscall.SockaddrUnix{Name: name})
	// Of another type, or too busy: it is there.
	return err == nil || errors.Is(err, syscall.EPROTOTYPE) || errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINPROGRESS)
}
