package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"onionbot/services/wallclock"
	"onionbot/tor"
)

// doctorJoin is how long the doctor waits for the Tor network.
const doctorJoin = 75 * time.Second

// examineNetworks goes the ways that the bot will go: into the Tor network, and
// from there to the servers of the chat networks.
func examineNetworks(ctx context.Context, cfg *config, progress io.Writer, torWorks bool) []finding {
	way := finding{what: "tor network", note: "joined"}
	var pool *tor.Pool
	if torWorks {
		fmt.Fprintln(progress, "Joining the Tor network; this can take a minute.")
		var end func()
		patience := doctorJoin
		if !networked() { // but a Tor network of one's own may be on this machine
			patience = doctorJoin / 5
		}
		if pool, end, way.err = ownTor(ctx, cfg, patience); way.err == nil {
			defer end()
		}
	} else {
		way.err = errors.New("not tried: see tor above")
	}
	if way.err != nil && !networked() {
		way.err = errors.New("this machine has no network: no interface of it has an address")
	}
	return append([]finding{way}, examineServers(ctx, cfg, pool)...)
}

// examineServers asks the servers of the chat networks; pool is nil if there is
// no way through tor.
func examineServers(ctx context.Context, cfg *config, pool *tor.Pool) (found []finding) {
	dial := func(throughTor bool, isolation, address string) dialFunc {
		switch {
		case !throughTor || nearby(address):
			return nil
		case pool == nil:
			return func(context.Context, string, string) (net.Conn, error) {
				return nil, errors.New("there is no way through tor")
			}
		}
		return pool.Dialer(isolation)
	}
	quiet, clock := slog.New(slog.DiscardHandler), wallclock.New()
	check := func(what, file string, open func() (checked, error)) {
		if file == "" {
			return
		}
		if _, err := readToken(file); err != nil {
			return // that is said already
		}
		f := finding{what: what, note: "the server takes the token"}
		ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		server, err := open()
		if err == nil {
			err = server.Check(ctx)
		}
		f.err = err
		found = append(found, f)
	}
	check("telegram", cfg.Telegram.TokenFile, func() (checked, error) { return newTelegram(cfg, dial, quiet, clock) })
	check("mastodon", cfg.Mastodon.TokenFile, func() (checked, error) { return newMastodon(cfg, dial, nil, quiet, clock) })
	return found
}

// checked is an adapter that can ask its server once.
type checked interface {
	Check(ctx context.Context) error
}

// networked reports whether the machine has an address besides those for itself.
func networked() bool {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return true
	}
	for _, a := range addresses {
		if ip, ok := a.(*net.IPNet); ok && !ip.IP.IsLoopback() && !ip.IP.IsLinkLocalUnicast() {
			return true
		}
	}
	return false
}
