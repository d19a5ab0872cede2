package privnet

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// votingInterval is the time between two votes, the first one too: only then
// does an offset mean the same before and after the first consensus. Much
// shorter ones make every onion service publish again and again.
const votingInterval = 5 * time.Minute

// socketName is the control socket in the directory of each tor.
const socketName = "control"

// authority is what the torrcs say about one directory authority.
type authority struct {
	name     string
	orPort   int
	dirPort  int
	identity string // fingerprint of its identity as an authority
	relay    string // fingerprint of its identity as a relay
}

// clientLines returns what every tor of the network, client or not, must have
// in its torrc.
func clientLines(authorities []authority) []string {
	lines := []string{
		"TestingTorNetwork 1",
		"AssumeReachable 1",
		"PathsNeededToBuildCircuits 0.25",
	}
	for _, a := range authorities {
		lines = append(lines, fmt.Sprintf("DirAuthority %s orport=%d no-v2 v3ident=%s 127.0.0.1:%d %s",
			a.name, a.orPort, a.identity, a.dirPort, a.relay))
	}
	return lines
}

// processLines returns what belongs to the process rather than to its role.
func processLines(dir string, owner int) []string {
	return []string{
		"DataDirectory " + dir,
		"ControlSocket " + filepath.Join(dir, socketName),
		fmt.Sprintf("__OwningControllerProcess %d", owner),
		"Log notice stdout",
		"ShutdownWaitLength 0",
		"NumCPUs 1",
		// The database of countries is large and useless here.
		"GeoIPFile " + os.DevNull,
		"GeoIPv6File " + os.DevNull,
	}
}

// relayLines returns what relays and authorities share. The port may be
// "auto". The address is bound, because a bare port would listen everywhere.
func relayLines(name, port, resolvConf string) []string {
	return []string{
		"Nickname " + name,
		"Address 127.0.0.1",
		"ORPort 127.0.0.1:" + port,
		"SocksPort 0",
		"ContactInfo none",
		// No question to the world outside, not even to see whether the
		// resolver lies.
		"ServerDNSResolvConfFile " + resolvConf,
		"ServerDNSAllowBrokenConfig 1",
		"ServerDNSDetectHijacking 0",
		"ServerDNSTestAddresses",
	}
}

// exitLines returns whether a relay is an exit.
func exitLines(exit bool) []string {
	if !exit {
		return []string{"ExitRelay 0", "ExitPolicy reject *:*"}
	}
	return []string{"ExitRelay 1", "ExitPolicyRejectPrivate 0", "ExitPolicy accept *:*"}
}

// authorityLines returns what makes a relay a directory authority.
func authorityLines(a authority, bandwidths string, offset int) []string {
	return []string{
		"AuthoritativeDirectory 1",
		"V3AuthoritativeDirectory 1",
		fmt.Sprintf("DirPort 127.0.0.1:%d", a.dirPort),
		"TestingDirAuthVoteGuard *",
		"TestingDirAuthVoteHSDir *",
		"TestingMinExitFlagThreshold 0",
		"V3BandwidthsFile " + bandwidths,
		"V3AuthNIntervalsValid 2",
		fmt.Sprintf("V3AuthVotingInterval %d", seconds(votingInterval)),
		"V3AuthVoteDelay 20",
		"V3AuthDistDelay 20",
		fmt.Sprintf("TestingV3AuthInitialVotingInterval %d", seconds(votingInterval)),
		fmt.Sprintf("TestingV3AuthInitialVoteDelay %d", seconds(voteDelay)),
		fmt.Sprintf("TestingV3AuthInitialDistDelay %d", seconds(distDelay)),
		fmt.Sprintf("TestingV3AuthVotingStartOffset %d", offset),
	}
}

// render joins groups of lines to the text of a torrc.
func render(groups ...[]string) string {
	var b strings.Builder
	for _, group := range groups {
		for _, line := range group {
			b.WriteString(line)
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func seconds(d time.Duration) int { return int(d / time.Second) }
