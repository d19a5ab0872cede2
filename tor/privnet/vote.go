package privnet

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// The first vote takes voteDelay for exchanging votes and distDelay for
// exchanging signatures; two seconds each is the least that tor accepts.
const (
	voteDelay = 2 * time.Second
	distDelay = 2 * time.Second

	// voteFarAway is when the authorities would hold their first vote by
	// themselves: later than attemptLimit.
	voteFarAway = votingInterval - 10*time.Second
	// voteLead is the time that all authorities have to hear of the vote.
	voteLead = 300 * time.Millisecond
	// voteSlack is how late a consensus may come.
	voteSlack = 15 * time.Second
)

// offsetFor returns the offset of the voting schedule that has a consensus
// become valid at the given second. Tor counts intervals from midnight UTC,
// of which Unix time is a multiple.
func offsetFor(valid time.Time) int {
	return int(valid.Unix() % int64(seconds(votingInterval)))
}

// vote has all authorities vote now and returns when each has a consensus with
// all relays in it.
//
// An authority votes at fixed times, voting intervals apart. What can be moved
// at any moment is the offset of these times: it is set such that the time for
// voting is the next full second.
func vote(ctx context.Context, authorities []node, relays int, o Options) error {
	begin := time.Now().Add(voteLead).Truncate(time.Second).Add(time.Second)
	valid := begin.Add(voteDelay + distDelay)
	for _, a := range authorities {
		command := fmt.Sprintf("SETCONF TestingV3AuthVotingStartOffset=%d", offsetFor(valid))
		if _, err := a.ask(ctx, command); err != nil {
			return fmt.Errorf("call %s to the vote: %w", a.name, err)
		}
	}
	ctx, cancel := context.WithDeadlineCause(ctx, valid.Add(voteSlack), errNoConsensus)
	defer cancel()
	called := time.Now()
	for _, a := range authorities {
		listed := 0
		err := poll(ctx, a.process, func() (bool, error) {
			part := min(1, float64(time.Since(called))/float64(valid.Sub(called)))
			o.Progress(progressVote+part*(progressConsensus-progressVote), "directory authorities vote")
			if time.Now().Before(valid) {
				return false, nil
			}
			list, err := listRelays(ctx, a)
			listed = len(list)
			return listed >= relays, err
		})
		if err != nil {
			return fmt.Errorf("consensus of %s lists %d of %d relays: %w", a.name, listed, relays, firstOf(context.Cause(ctx), err))
		}
	}
	return nil
}

// errNoConsensus is why the wait for a consensus ends.
var errNoConsensus = fmt.Errorf("the vote went wrong (%w)", errTryAgain)

// listRelays returns the flags of all relays in the consensus that a tor has,
// by nickname.
func listRelays(ctx context.Context, nd node) (map[string][]string, error) {
	text, err := nd.info(ctx, "ns/all")
	if err != nil {
		return nil, err
	}
	return parseFlags(text), nil
}

// parseFlags reads the flags of each relay from router status entries.
func parseFlags(text string) map[string][]string {
	list := map[string][]string{}
	name := ""
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		switch {
		case len(fields) > 1 && fields[0] == "r":
			name = fields[1]
		case len(fields) > 0 && fields[0] == "s" && name != "":
			list[name] = fields[1:]
		}
	}
	return list
}
