package privnet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Client is a tor that has joined the network as a client. It can open
// connections through Tor and, over its control socket, host onion services.
type Client struct {
	network *Network
	process *process
	socks   string
}

// clientName keeps the names of clients fit for a short path.
var clientName = regexp.MustCompile(fmt.Sprintf(`^[a-z][a-z0-9-]{0,%d}$`, maxNameLen-1))

// joinLimit bounds one attempt of a client to join. A tor that lost its first
// circuits, as happens on a crowded machine, holds its guards to be down and
// does not ask them again for ten minutes; one that begins anew is in at once.
const joinLimit = 40 * time.Second

// StartClient starts a tor that joins the network as a client and returns when
// it has bootstrapped to 100 %. Its SOCKS port is on 127.0.0.1, chosen by the
// kernel. The name is its directory's: a letter, then letters, digits and
// dashes, at most 24, in lower case. Extra lines are added to its torrc. The
// context bounds the start only; without a deadline it fails after three
// attempts, two minutes.
func (n *Network) StartClient(ctx context.Context, name string, extra ...string) (*Client, error) {
	if !clientName.MatchString(name) || strings.HasPrefix(name, "authority") || strings.HasPrefix(name, "relay") {
		return nil, fmt.Errorf("privnet: %q cannot be the name of a client", name)
	}
	for try := 1; ; try++ {
		c, err := n.startClientOnce(ctx, name, extra)
		if err == nil {
			return c, nil
		}
		if try == attempts || !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
			return nil, err
		}
		n.log.Warn("a client did not join the private tor network, trying again", "attempt", try, "err", err)
	}
}

// startClientOnce makes one attempt and leaves nothing behind when it fails.
func (n *Network) startClientOnce(ctx context.Context, name string, extra []string) (*Client, error) {
	ctx, cancel := context.WithTimeout(ctx, n.joinLimit)
	defer cancel()
	dir := filepath.Join(n.dir, name)
	torrc := render(n.lines, processLines(dir, os.Getpid()), []string{"SocksPort 127.0.0.1:auto"}, extra)
	p, err := n.launch(name, true, torrc)
	if err != nil {
		return nil, err
	}
	c := &Client{network: n, process: p}
	if err := c.join(ctx); err != nil {
		c.Stop()
		return nil, fmt.Errorf("privnet: client %s: %w", name, err)
	}
	return c, nil
}

// SOCKSAddr returns the address of the client's SOCKS port, host:port.
func (c *Client) SOCKSAddr() string { return c.socks }

// ControlSocket returns the path of the client's unix control socket. It asks
// for no authentication: the directory that it stands in is for this user only.
func (c *Client) ControlSocket() string { return c.process.socket() }

// Pid returns the process id of the client.
func (c *Client) Pid() int { return c.process.pid() }

// Stop ends the client, waits until it is gone and removes its directory. The
// name is free again then. It may be called more than once.
func (c *Client) Stop() {
	c.process.stop()
	c.network.forget(c.process)
}

// join waits until the client is part of the network.
func (c *Client) join(ctx context.Context) error {
	ctl, err := dialControl(ctx, c.process)
	if err != nil {
		return err
	}
	defer ctl.close()
	phase := ""
	err = poll(ctx, c.process, func() (bool, error) {
		phase, err = ctl.info(ctx, "status/bootstrap-phase")
		return strings.Contains(phase, " PROGRESS=100 "), err
	})
	if err != nil {
		return fmt.Errorf("bootstrap (%s): %w", phase, err)
	}
	listeners, err := ctl.info(ctx, "net/listeners/socks")
	if err != nil {
		return err
	}
	for field := range strings.FieldsSeq(listeners) {
		addr := strings.Trim(field, `"`)
		if host, _, err := net.SplitHostPort(addr); err == nil && host == "127.0.0.1" {
			c.socks = addr
			return nil
		}
	}
	return errors.New("it has no SOCKS port")
}

// forget removes what a stopped client has left, unless a new client of the
// same name is already there.
func (n *Network) forget(p *process) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.clients[p.name] != p {
		return
	}
	delete(n.clients, p.name)
	_ = os.RemoveAll(p.dir) // Close removes what is left
}
