package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"onionbot/bots/mastodon/mastodontest"
)

// watchPeers fails the test when anything but a relay of the private network
// connects to the server, and returns a function that counts the requests that
// did. One whose sender has hung up by then, as the tor of a bot that was killed
// does, proves nothing either way.
// Everything here comes from 127.0.0.1, so the kernel is asked whose socket
// is at the other end.
func watchPeers(t *testing.T, server *mastodontest.Server) (seen func() int) {
	t.Helper()
	relays := shared.network.Pids()
	var count atomic.Int64
	server.OnRequest(func(r *http.Request) {
		switch _, err := socketOwner(r.RemoteAddr, relays); {
		case err == nil:
			count.Add(1)
		case !errors.Is(err, errHungUp):
			t.Errorf("%s %s did not come from an exit: %v", r.Method, r.URL.Path, err)
		}
	})
	return func() int { return int(count.Load()) }
}

var (
	errStranger = errors.New("the socket belongs to none of the processes")
	errHungUp   = errors.New("the sender has hung up")
)

// socketOwner finds which of the processes has the TCP socket whose own
// address is addr.
func socketOwner(addr string, pids []int) (int, error) {
	inode, err := socketInode(addr)
	if err != nil {
		return 0, err
	}
	want := "socket:[" + inode + "]"
	for _, pid := range pids {
		links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		if err != nil {
			return 0, err
		}
		if slices.ContainsFunc(links, func(link string) bool {
			target, err := os.Readlink(link)
			return err == nil && target == want
		}) {
			return pid, nil
		}
	}
	return 0, errStranger
}

// socketInode looks the socket up in the kernel's table.
func socketInode(addr string) (string, error) {
	_, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return "", err
	}
	table, err := os.Open("/proc/net/tcp")
	if err != nil {
		return "", err
	}
	defer table.Close()
	own := fmt.Sprintf("0100007F:%04X", port) // 127.0.0.1, as the kernel writes it
	for lines := bufio.NewScanner(table); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) > 9 && fields[1] == own && fields[9] != "0" {
			return fields[9], nil
		}
	}
	return "", errHungUp
}
