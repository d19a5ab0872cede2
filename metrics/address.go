package metrics

import (
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
)

// Address is a place that only this machine can reach.
type Address struct {
	Network string // "unix" or "tcp"
	Where   string // a path, or a loopback address with its port
}

// maxSocketPath is what fits into a socket's address on Linux.
const maxSocketPath = 107

// ParseAddress reads the setting metrics.listen: "unix:PATH", relative to
// runDir, or a loopback address with a port. Errors are sentences for the
// operator, without the final dot.
func ParseAddress(text, runDir string) (Address, error) {
	if path, ok := strings.CutPrefix(text, "unix:"); ok {
		return parsePath(path, runDir)
	}
	host, port, err := net.SplitHostPort(text)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return Address{}, fmt.Errorf("metrics.listen %q is no address; write 127.0.0.1:9464 or unix:metrics.sock", text)
	}
	if host == "localhost" {
		host = "127.0.0.1" // whatever the machine's hosts file says
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return Address{}, fmt.Errorf("metrics.listen %q could be read from other machines; write 127.0.0.1:%s or unix:metrics.sock", text, port)
	}
	return Address{"tcp", net.JoinHostPort(host, port)}, nil
}

func parsePath(path, runDir string) (Address, error) {
	if path == "" || strings.HasSuffix(path, "/") {
		return Address{}, fmt.Errorf("metrics.listen %q names no file; write unix:metrics.sock", "unix:"+path)
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(runDir, path)
	}
	if len(path) > maxSocketPath {
		return Address{}, fmt.Errorf("metrics.listen: %s is longer than the %d bytes of a socket's path; choose a shorter one", path, maxSocketPath)
	}
	return Address{"unix", path}, nil
}
