package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"onionbot/services"
	"onionbot/tor"
)

// torAccount is who the tors run as, who has to reach the sockets of services.
// Tors of somebody else are asked; what keeps them from it is an error that
// says how to mend it, and one that does not run yet is waited for later.
func torAccount(ctx context.Context, cfg *config, log *slog.Logger) (tor.Account, error) {
	var who *tor.Account
	for _, socket := range cfg.Tor.ControlSockets {
		n, err := tor.Inspect(ctx, socket)
		if services.IsCode(err, services.CodeUnavailable) {
			log.Warn("a tor of tor.control_sockets does not answer", "socket", socket, "error", err)
			continue
		}
		if err != nil {
			return tor.Account{}, err
		}
		if note := confined(n, cfg.RunDir); note != "" {
			log.Warn("a tor of tor.control_sockets is confined", "problem", note)
		}
		a, err := n.Admits()
		if err == nil && who != nil && *who != a {
			err = badConfig("", 0, fmt.Sprintf("the tors of tor.control_sockets run as different users (%s and %s), and the sockets of services can be handed to one only; run them as one user", who.Name, a.Name), nil)
		}
		if err != nil {
			return tor.Account{}, err
		}
		who = &a
	}
	if who == nil || who.UID == 0 {
		return tor.FindAccount(cfg.Tor.User)
	}
	if cfg.Tor.User != "" && cfg.Tor.User != who.Name {
		return tor.Account{}, badConfig("", 0, fmt.Sprintf("tor.user is %s, and the tors of tor.control_sockets run as %s; remove the line tor.user", cfg.Tor.User, who.Name), nil)
	}
	return *who, nil
}

// apparmorLocal is where a machine's own lines for a profile stand.
const apparmorLocal = "/etc/apparmor.d/local"

// confined says which line a tor that AppArmor confines needs to reach the
// sockets of services, "" if none is missing.
func confined(n tor.Neighbour, runDir string) string {
	if n.Confined == "" || n.Confined == "unconfined" {
		return ""
	}
	local := filepath.Join(apparmorLocal, filepath.Base(n.Confined))
	if lines, err := os.ReadFile(local); err == nil && strings.Contains(string(lines), runDir) {
		return ""
	}
	return fmt.Sprintf("AppArmor (%s) decides which sockets the tor at %s may open; if addresses do not come up, put the line \"%s/** rw,\" into %s and type: sudo systemctl reload apparmor",
		n.Confined, n.Socket, runDir, local)
}

// examineNeighbours looks at tors that somebody else runs.
func examineNeighbours(ctx context.Context, cfg *config) (found []finding) {
	for _, socket := range cfg.Tor.ControlSockets {
		n, err := tor.Inspect(ctx, socket)
		if err == nil {
			_, err = n.Admits()
		}
		f := finding{what: "tor", err: err, note: fmt.Sprintf("%s, tor %s, run by %s", socket, n.Version, n.Account.Name)}
		if err == nil && n.Percent < 100 {
			f.warn, f.note = true, f.note+": "+outside(n.Percent, n.Problem).Error()
		}
		found = append(found, f)
		if note := confined(n, cfg.RunDir); err == nil && note != "" {
			found = append(found, finding{what: "tor", warn: true, note: note})
		}
	}
	return found
}
