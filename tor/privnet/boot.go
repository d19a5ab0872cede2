package privnet

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Where on the way from 0 to 1 each part of the start begins, by measured
// time.
const (
	progressProcesses = 0.05
	progressRelays    = 0.10
	progressVote      = 0.30
	progressConsensus = 0.85
)

// boot starts all nodes and returns when the network can be used.
func (n *Network) boot(ctx context.Context, o Options) error {
	began := time.Now()
	o.Progress(0, "making the keys of the private Tor network")
	keys, err := allAuthorityKeys()
	if err != nil {
		return err
	}
	o.Progress(progressProcesses, "starting directory authorities and relays")
	if err := n.launchNodes(o, keys); err != nil {
		return err
	}
	nodes, err := n.connect(ctx)
	defer closeAll(nodes)
	if err != nil {
		return err
	}
	o.Progress(progressRelays, "relays introduce themselves")
	if err := awaitDescriptors(ctx, nodes[:authorityCount], len(nodes)); err != nil {
		return err
	}
	n.log.Debug("relays are known to the authorities", "after", time.Since(began))
	if err := writeBandwidths(ctx, n.dir, nodes); err != nil {
		return err
	}
	if err := vote(ctx, nodes[:authorityCount], len(nodes), o); err != nil {
		return err
	}
	n.log.Debug("consensus made", "after", time.Since(began))
	o.Progress(progressConsensus, "relays read the consensus")
	if err := awaitReady(ctx, nodes, o.Exits); err != nil {
		return err
	}
	n.log.Debug("private tor network is up", "after", time.Since(began), "nodes", len(nodes))
	o.Progress(1, "the private Tor network is up")
	return nil
}

// allAuthorityKeys makes the keys of all authorities at the same time.
func allAuthorityKeys() ([]*authorityKeys, error) {
	keys := make([]*authorityKeys, authorityCount)
	errs := make([]error, authorityCount)
	var making sync.WaitGroup
	for i := range keys {
		making.Go(func() { keys[i], errs[i] = newAuthorityKeys(time.Now()) })
	}
	making.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("keys of a directory authority: %w", err)
		}
	}
	return keys, nil
}

// launchNodes starts authorities and relays.
func (n *Network) launchNodes(o Options, keys []*authorityKeys) error {
	ports, err := reservePorts(2 * authorityCount)
	if err != nil {
		return err
	}
	defer releasePorts(ports)
	authorities := make([]authority, authorityCount)
	for i, k := range keys {
		authorities[i] = authority{
			name:     fmt.Sprintf("authority%d", i+1),
			orPort:   ports[2*i].number,
			dirPort:  ports[2*i+1].number,
			identity: k.identity,
			relay:    fingerprint(k.relay),
		}
	}
	n.lines = clientLines(authorities)
	resolvConf := filepath.Join(n.dir, "resolv.conf")
	if err := os.WriteFile(resolvConf, []byte("nameserver 127.0.0.1\n"), 0o600); err != nil {
		return fmt.Errorf("write resolv.conf: %w", err)
	}
	offset := offsetFor(time.Now().Add(voteFarAway))
	for i, a := range authorities {
		dir := filepath.Join(n.dir, a.name)
		if err := keys[i].write(dir); err != nil {
			return err
		}
		releasePorts(ports[2*i : 2*i+2])
		torrc := render(n.lines, processLines(dir, os.Getpid()),
			relayLines(a.name, strconv.Itoa(a.orPort), resolvConf), exitLines(false), authorityLines(a, filepath.Join(n.dir, bandwidthsName), offset))
		if _, err := n.launch(a.name, false, torrc); err != nil {
			return err
		}
	}
	for i := range o.Relays {
		name := fmt.Sprintf("relay%d", i+1)
		torrc := render(n.lines, processLines(filepath.Join(n.dir, name), os.Getpid()),
			relayLines(name, "auto", resolvConf), exitLines(o.Exits))
		if _, err := n.launch(name, false, torrc); err != nil {
			return err
		}
	}
	return nil
}

// node is a tor of the network with an open control connection.
type node struct {
	*process
	*control
}

// connect opens a control connection to every node, authorities first.
func (n *Network) connect(ctx context.Context) ([]node, error) {
	var nodes []node
	for _, p := range n.processes() {
		c, err := dialControl(ctx, p)
		if err != nil {
			return nodes, err
		}
		nodes = append(nodes, node{p, c})
	}
	return nodes, nil
}

func closeAll(nodes []node) {
	for _, nd := range nodes {
		_ = nd.close()
	}
}

// awaitDescriptors waits until every authority knows all relays.
func awaitDescriptors(ctx context.Context, authorities []node, relays int) error {
	for _, a := range authorities {
		known := 0
		err := poll(ctx, a.process, func() (bool, error) {
			all, err := a.info(ctx, "desc/all-recent")
			if err != nil {
				return false, err
			}
			known = strings.Count("\n"+all, "\nrouter ")
			return known >= relays, nil
		})
		if err != nil {
			return fmt.Errorf("%s knows %d of %d relays: %w", a.name, known, relays, err)
		}
	}
	return nil
}
