// Package privnet runs a private Tor network on the loopback interface: three
// directory authorities, a few relays, and clients on request. It is what
// `onionbot demo` and the tests use instead of the public network: the same
// tor program, the same protocols, no packet that leaves the machine.
//
// Start returns when the network can be used: every node knows every relay
// with the flags that onion services need. The slow part of such a network is
// its vote, whose time is fixed by the clock. Here the authorities are started
// with their vote far away, and are told to vote at the very second when the
// last relay has introduced itself (see vote.go). So nothing is waited for in
// vain, and no vote is held while a relay is missing.
//
// Nothing survives the program that called Start, not even after a SIGKILL:
// see spawn.go.
package privnet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// attempts is how often Start tries. A second attempt is only made when
// another program took one of the chosen ports in the moment between the
// choice and the use, or when the vote went wrong on a crowded machine.
const attempts = 3

// attemptLimit bounds one attempt, so that a caller without a deadline is not
// held for ever. It is shorter than voteFarAway.
const attemptLimit = 2 * time.Minute

// errTryAgain marks failures of which a second attempt can be free.
var errTryAgain = errors.New("worth another attempt")

// ErrClosed is returned when a closed network is asked for something.
var ErrClosed = errors.New("privnet: the network is closed")

// Network is a running private Tor network: three directory authorities and
// relays, all on 127.0.0.1. Its methods may be called from several goroutines.
type Network struct {
	dir      string
	tor      string
	log      *slog.Logger
	lines    []string // what a client's torrc needs
	spawner  *spawner
	closing  sync.Once
	closeErr error

	joinLimit time.Duration // of one attempt of a client

	mu      sync.Mutex
	closed  bool
	nodes   []*process // authorities and relays
	clients map[string]*process
}

// Start starts a private Tor network and returns when clients can bootstrap
// from it at once and the descriptors of onion services find their
// directories. The context bounds the start only; the network then runs until
// Close. On error everything that was started has ended and Dir is removed.
func Start(ctx context.Context, o Options) (*Network, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		n, err := startOnce(ctx, o)
		if err == nil {
			return n, nil
		}
		if try == attempts || !errors.Is(err, errTryAgain) || ctx.Err() != nil {
			return nil, fmt.Errorf("privnet: %w", err)
		}
		o.Logger.Warn("private tor network did not start, trying again", "attempt", try, "err", err)
	}
}

// startOnce makes one attempt and leaves nothing behind when it fails.
func startOnce(ctx context.Context, o Options) (*Network, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptLimit)
	defer cancel()
	if err := makeDir(o.Dir); err != nil {
		return nil, err
	}
	n := &Network{
		dir:     o.Dir,
		tor:     o.Tor,
		log:     o.Logger,
		spawner: newSpawner(),
		clients: map[string]*process{},

		joinLimit: joinLimit,
	}
	if err := n.boot(ctx, o); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// TorrcLines returns what the torrc of any tor needs to join this network as
// a client, one line per element, without line ends. They hold no secret.
func (n *Network) TorrcLines() []string {
	return append([]string(nil), n.lines...)
}

// Pids returns the process ids of all tors of this network that are alive:
// authorities, relays and clients.
func (n *Network) Pids() []int {
	var pids []int
	for _, p := range n.processes() {
		if !p.ended() {
			pids = append(pids, p.pid())
		}
	}
	return pids
}

// Close ends all processes of the network, clients too, waits until they are
// gone and removes the directory. It may be called more than once and from
// several goroutines; each call returns after the work is done, with the same
// error.
func (n *Network) Close() error {
	n.closing.Do(func() { n.closeErr = n.close() })
	return n.closeErr
}

func (n *Network) close() error {
	n.mu.Lock()
	n.closed = true
	n.mu.Unlock()

	var ending sync.WaitGroup
	for _, p := range n.processes() {
		ending.Go(p.stop)
	}
	ending.Wait()
	n.spawner.close()
	if err := os.RemoveAll(n.dir); err != nil {
		return fmt.Errorf("privnet: remove the directory: %w", err)
	}
	return nil
}

// processes returns every process of the network that was not stopped.
func (n *Network) processes() []*process {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := append([]*process(nil), n.nodes...)
	for _, p := range n.clients {
		all = append(all, p)
	}
	return all
}

// launch writes the torrc of one tor into a directory of its own and starts
// it. The lock is held all the while, so that Close sees every process.
func (n *Network) launch(name string, client bool, torrc string) (*process, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return nil, ErrClosed
	}
	if n.clients[name] != nil {
		return nil, fmt.Errorf("privnet: there is a client named %s already", name)
	}
	p, err := n.spawner.start(n.tor, name, filepath.Join(n.dir, name), torrc)
	if err != nil {
		return nil, err
	}
	if client {
		n.clients[name] = p
	} else {
		n.nodes = append(n.nodes, p)
	}
	return p, nil
}
